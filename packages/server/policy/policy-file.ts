// Reads the policy file, and says where it is wrong: the line that is no JSON, or the field and its line.

import { readFile } from 'node:fs/promises'
import { jsonLines } from './json-lines.ts'
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
  const { faultLine, lineOf } = jsonLines(text)
  if (faultLine !== undefined) throw new PolicyFault(file, faultLine, 'this is not JSON.')
  const parsed = policyFileSchema.safeParse(JSON.parse(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    const path = [...(issue?.path ?? []), ...unknown].map(String)
    const complaint = unknown.length > 0 ? 'no such setting' : (issue?.message ?? 'not as the schema says')
    throw new PolicyFault(file, lineOf(path), `${path.join('.') || 'the whole'}: ${complaint}.`)
  }
  // A rule that names a list nobody defined would silently fit nobody.
  for (const [index, rule] of (parsed.data.send ?? []).entries()) {
    for (const side of ['from', 'to'] as const) {
      const name = rule[side].startsWith('list:') ? rule[side].slice(5) : undefined
      if (name === undefined || parsed.data.lists?.[name]) continue
      throw new PolicyFault(
        file,
        lineOf(['send', String(index), side]),
        `send.${index}.${side}: there is no list ${name}.`,
      )
    }
  }
  return parsed.data
}
