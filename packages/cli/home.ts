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
  return option === undefined ? '' : ` --home ${shellWord(option)}`
}

/** A path or name as one word of a shell line that is suggested, so that it works as written whatever it holds. */
export function shellWord(text: string): string {
  return /^[\w./@:+,=-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`
}
