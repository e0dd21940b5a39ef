// Which home a command works for: --home, else DOORPOST_HOME, else ~/.doorpost. Absolute, because an agent has another
// working folder.

import { join, resolve } from 'node:path'
import type { Surroundings } from './surroundings.ts'

export function homeOf(option: string | undefined, around: Surroundings): string {
  const fromEnvironment = around.env['DOORPOST_HOME']
  if (option !== undefined) return resolve(around.cwd, option)
  if (fromEnvironment !== undefined && fromEnvironment !== '') return resolve(around.cwd, fromEnvironment)
  return join(around.userHome, '.doorpost')
}

/** ` --home DIR` for a command line that is suggested, when the home is not the one taken by itself. */
export function homeWords(option: string | undefined): string {
  if (option === undefined) return ''
  return ` --home ${/^[\w./-]+$/.test(option) ? option : `'${option.replaceAll("'", "'\\''")}'`}`
}
