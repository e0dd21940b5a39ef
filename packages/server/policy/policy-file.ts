// Reads the policy file, and says where it is wrong: the line that is no JSON, or the field and its line.

import { readFile } from 'node:fs/promises'
import { type PolicyFile, policyFileSchema } from './policy.ts'

/** The file is not as it must be. Its message names file, line and field, for the operator. */
export class PolicyFault extends Error {
  constructor(file: string, line: number | undefined, complaint: string) {
    super(`${file}${line === undefined ? '' : `, line ${line}`}: ${complaint}`)
    this.name = 'PolicyFault'
  }
}

/** Throws PolicyFault, also when the file cannot be read. */
export async function readPolicyFile(file: string): Promise<PolicyFile> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new PolicyFault(file, undefined, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
  }
  return parsePolicy(file, text)
}

export function parsePolicy(file: string, text: string): PolicyFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1]
    // Without a position the text ended too early.
    const line = lineAt(text, position === undefined ? text.length : Number(position))
    throw new PolicyFault(file, line, 'this is not JSON.')
  }
  const parsed = policyFileSchema.safeParse(value)
  if (parsed.success) {
    checkLists(file, text, parsed.data)
    return parsed.data
  }
  const [issue] = parsed.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...(issue?.path ?? []), ...unknown].map(String)
  const complaint = unknown.length > 0 ? 'no such setting' : (issue?.message ?? 'not as the schema says')
  throw new PolicyFault(file, lineOf(text, path), `${path.join('.') || 'the whole'}: ${complaint}.`)
}

/** A rule that names a list nobody defined would silently fit nobody. */
function checkLists(file: string, text: string, policy: PolicyFile): void {
  for (const [index, rule] of (policy.send ?? []).entries()) {
    for (const side of ['from', 'to'] as const) {
      const name = rule[side].startsWith('list:') ? rule[side].slice(5) : undefined
      if (name === undefined || policy.lists?.[name]) continue
      const path = ['send', String(index), side]
      throw new PolicyFault(file, lineOf(text, path), `${path.join('.')}: there is no list ${name}.`)
    }
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}

/** Line of the value at `path` in JSON that parses: walks tokens, keeping the path it is at. */
function lineOf(text: string, path: readonly string[]): number {
  const wanted = JSON.stringify(path)
  const open: { array: boolean; key: string; index: number }[] = []
  let line = 1
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|\n|[^\s{}[\]:,"]+/g)) {
    if (token === '\n') {
      line++
      continue
    }
    const within = open.at(-1)
    if (token === ',' && within) {
      within.index++
      within.key = ''
    } else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') {
      if (within && !within.array && within.key === '') {
        within.key = JSON.parse(token) as string
        if (JSON.stringify(pathOf(open)) === wanted) return line
      } else if (within?.array && JSON.stringify(pathOf(open)) === wanted) return line
      if (token === '{' || token === '[') open.push({ array: token === '[', key: '', index: 0 })
    }
  }
  return 1
}

function pathOf(open: readonly { array: boolean; key: string; index: number }[]): string[] {
  return open.map(({ array, key, index }) => (array ? String(index) : key))
}
