// What `send` was given, as the draft of a message: every field, each file's own title and date. Checked as far as a
// command line can be; whether files and recipients exist is the device's to say.

import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { Draft } from '@doorpost/peer/operations'
import { allowingPrivate, isRemoteAddress } from '@doorpost/peer/send/remote-address'
import { isSiblingFile } from '@doorpost/peer/send/sibling-file'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from './command.ts'
import { readDurationMs } from './read-duration.ts'
import type { Surroundings } from './surroundings.ts'
import { readWhenFetched } from './when-fetched.ts'

type Fields = Omit<
  Draft,
  'to' | 'files' | 'fileTitles' | 'fileDates' | 'lifetimeMs' | 'copy' | 'whenFetched' | 'confirmed'
>

interface Written {
  readonly to: readonly string[]
  readonly title?: string | undefined
  readonly text?: string | undefined
  readonly date?: string | undefined
  readonly time?: string | undefined
  readonly copyright?: string | undefined
  readonly who?: string | undefined
  readonly what?: string | undefined
  readonly when?: string | undefined
  readonly where?: string | undefined
  readonly why?: string | undefined
  readonly 'file-title': readonly string[]
  readonly 'file-date': readonly string[]
  readonly expires?: string | undefined
  readonly copy: boolean
  readonly watch?: string | undefined
  readonly 'when-fetched'?: string | undefined
  readonly 'allow-private': boolean
}

/** RFC 3339 full-date or date-time with its zone, as protocol/dates.ts has it; a look-alike costs a refusal, no more. */
const DATE = /^\d{4}-\d\d-\d\d([Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d))?$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$/

/** `inReplyTo` is looked up by the caller. `--text -` reads standard input. */
export async function readDraft(
  files: readonly string[],
  written: Written,
  inReplyTo: string | undefined,
  around: Surroundings,
): Promise<Draft> {
  if (written.to.length === 0) throw new UsageError('doorpost send needs --to ADDRESS: whom it is for.')
  if (written.watch === undefined && files.length === 0 && written.text === undefined && written.title === undefined) {
    throw new UsageError('doorpost send needs something to send: a FILE, --text or --title.')
  }
  if (written.time !== undefined && !TIME.test(written.time)) {
    throw new UsageError(`--time takes a time such as 14:02, not ${JSON.stringify(written.time)}.`)
  }
  const text = written.text === '-' ? await around.readInput() : written.text
  const { title, date, time, copyright, who, what, when, where, why, expires } = written
  const fields = {
    title,
    text,
    date: checkedDate(date, 'date'),
    time,
    copyright,
    who,
    what,
    when,
    where,
    why,
    inReplyTo,
  }
  const place = (file: string) => placeOf(file, written['allow-private'], around.cwd)
  const fileTitles = perFile(files, written['file-title'], 'file-title', place)
  const fileDates = perFile(files, written['file-date'], 'file-date', place)
  const whenFetched = readWhenFetched(written['when-fetched'], around.cwd)
  for (const each of Object.values(fileDates)) checkedDate(each, 'file-date')
  return {
    to: [...written.to],
    files: files.map(place),
    ...(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields),
    ...(Object.keys(fileTitles).length > 0 && { fileTitles }),
    ...(Object.keys(fileDates).length > 0 && { fileDates }),
    ...(expires !== undefined && { lifetimeMs: readDurationMs(expires, 'expires', LIFETIME_MAX_MS) }),
    ...(written.copy && { copy: true as const }),
    ...(whenFetched && { whenFetched }),
  }
}

/** A file by its whole path; what lies elsewhere by its address, or by device and path. */
function placeOf(file: string, allowPrivate: boolean, cwd: string): string {
  const path = resolve(cwd, file)
  // A file that is called so comes first.
  if (isSiblingFile(file) && !existsSync(path)) return file
  if (!isRemoteAddress(file)) return path
  return allowPrivate ? allowingPrivate(file) : file
}

function checkedDate(date: string | undefined, option: string): string | undefined {
  if (date === undefined || (DATE.test(date) && !Number.isNaN(Date.parse(date)))) return date
  throw new UsageError(
    `--${option} takes a date such as 2026-05-03 or 2026-05-03T14:02:00Z, not ${JSON.stringify(date)}.`,
  )
}

/** `FILE=VALUE`, FILE as written among the files: its own name may hold an equals sign. */
function perFile(
  files: readonly string[],
  given: readonly string[],
  option: string,
  place: (file: string) => string,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const each of given) {
    const file = files.filter((name) => each.startsWith(`${name}=`)).sort((a, b) => b.length - a.length)[0]
    if (file === undefined) {
      throw new UsageError(`--${option} takes FILE=VALUE with a FILE that is sent, not ${JSON.stringify(each)}.`)
    }
    found[place(file)] = each.slice(file.length + 1)
  }
  return found
}
