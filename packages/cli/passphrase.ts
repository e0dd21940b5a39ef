// The passphrase of an exported device: asked for without being shown, twice where it is new; or the first line of a file.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError } from './command.ts'
import type { Surroundings } from './surroundings.ts'

export const passphraseOption = {
  'passphrase-file': {
    type: 'text',
    value: 'FILE',
    about: 'read the passphrase from its first line',
    completes: 'file',
  },
} as const

export async function passphraseOf(
  file: string | undefined,
  kind: 'new' | 'known',
  around: Surroundings,
): Promise<string> {
  if (file !== undefined) {
    const [line = ''] = (await readFile(resolve(around.cwd, file), 'utf8')).split(/\r?\n/)
    return line
  }
  const passphrase = await around.askSecret('Passphrase: ')
  if (kind === 'new' && (await around.askSecret('The same again: ')) !== passphrase) {
    throw new UsageError('That was not the same twice.')
  }
  return passphrase
}
