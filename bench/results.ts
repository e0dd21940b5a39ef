// Where results go: one JSON, one table and one plot a benchmark, under bench/results/, and the machine they came from.

import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { plot, type Result, type Row, table } from './plot.ts'

const folder = fileURLToPath(new URL('results/', import.meta.url))

export function machine(): string {
  const [cpu] = cpus()
  return `${cpus().length} cores ${cpu?.model ?? ''}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
}

export interface Figures {
  readonly title: string
  readonly unit: string
  readonly better: 'less' | 'more'
  readonly rows: readonly Row[]
}

/** Writes `results/NAME.json`, `.md` (all tables and the remarks) and one `.svg` for each set of figures. */
export async function writeResults(name: string, sets: readonly Figures[], remarks: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const measuredAt = new Date().toISOString()
  const results: Result[] = sets.map((set, index) => ({
    ...set,
    name: index === 0 ? name : `${name}-${index + 1}`,
    machine: machine(),
    measuredAt,
  }))
  await writeFile(`${folder}${name}.json`, `${JSON.stringify({ name, remarks, results }, null, 2)}\n`)
  for (const result of results) await writeFile(`${folder}${result.name}.svg`, plot(result))
  const pictures = results.map((result) => `${table(result)}\n![${result.title}](${result.name}.svg)\n`)
  await writeFile(`${folder}${name}.md`, [`# ${name}`, '', ...remarks, '', ...pictures].join('\n'))
}
