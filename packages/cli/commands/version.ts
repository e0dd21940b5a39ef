// `doorpost version`: of this program, and of the Node it runs on.

import { readFileSync } from 'node:fs'
import { answerJson } from '../answer.ts'
import { command, jsonOption } from '../command.ts'

export const version = command({
  examples: ['doorpost version', 'doorpost --version', 'doorpost version --json'],
  operands: [],
  options: { ...jsonOption },
  async run({ options }, around) {
    const about = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
    if (options.json) answerJson({ version: about.version, node: process.versions.node }, around)
    else around.out.write(`doorpost ${about.version} on Node ${process.versions.node}\n`)
    return undefined
  },
})
