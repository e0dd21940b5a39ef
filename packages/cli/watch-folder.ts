// `send --watch DIR`: stays, and tells of every file that was sent. Looking at the folder is the device's; next to an agent this
// command only listens, and the watching ends with it.

import type { Draft, Progress } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { answerJsonLine } from './answer.ts'
import { UsageError } from './command.ts'
import { homeOf } from './home.ts'
import { keepAtIt } from './keep-at-it.ts'
import { readDurationMs } from './read-duration.ts'
import { receivedId } from './resolve-id.ts'
import { printable } from './show/printable.ts'
import type { Surroundings } from './surroundings.ts'
import { confirmed } from './when-fetched.ts'

/** Longest settle time, ms. */
const SETTLE_MS_MAX = 24 * 60 * 60_000

interface Written {
  readonly watch?: string | undefined
  readonly pattern?: string | undefined
  readonly settle?: string | undefined
  readonly take: boolean
  readonly copy: boolean
  readonly yes: boolean
  readonly json: boolean
  readonly home?: string | undefined
  readonly 'in-reply-to'?: string | undefined
  readonly 'file-title': readonly string[]
  readonly 'file-date': readonly string[]
}

/** What goes together and what does not. Throws UsageError. */
export function checkWatch(files: readonly string[], written: Written): void {
  const { watch, pattern, settle, take, copy } = written
  if (watch === undefined) {
    const alone = pattern !== undefined ? 'pattern' : settle !== undefined ? 'settle' : take ? 'take' : undefined
    if (alone !== undefined) throw new UsageError(`--${alone} goes with --watch DIR.`)
    return
  }
  if (files.length > 0 || written['file-title'].length > 0 || written['file-date'].length > 0) {
    throw new UsageError('With --watch DIR the files are those of the folder: name none.')
  }
  if (take && copy) throw new UsageError('--take and --copy cannot be meant both.')
}

export async function watchFolder(watch: string, draft: Draft, written: Written, around: Surroundings): Promise<never> {
  const { pattern, settle, take, json } = written
  const folder = resolve(around.cwd, watch)
  const settleMs = settle === undefined ? undefined : readDurationMs(settle, 'settle', SETTLE_MS_MAX)
  // What is taken is not the person's own any more.
  const { files: _files, ...sure } = take ? draft : await confirmed({ ...draft, files: [folder] }, written.yes, around)
  const home = homeOf(written.home, around)
  await using opened = await around.openPeer(home)
  const answered = written['in-reply-to']
  const inReplyTo = answered === undefined ? {} : { inReplyTo: await receivedId(opened.peer, answered) }
  const args = {
    folder,
    draft: { ...sure, ...inReplyTo },
    ...(pattern !== undefined && { pattern }),
    ...(settleMs !== undefined && { settleMs }),
    ...(take && { take: true as const }),
  }
  around.err.write(
    `Watching ${printable(folder)}. Each file goes to ${printable(draft.to.join(', '))} when it is complete. Ctrl-C ends it.\n`,
  )
  const onProgress = (progress: Progress) => {
    if (progress.kind === 'left-out') {
      around.err.write(`${printable(progress.name)} is not sent. ${printable(progress.reason)}\n`)
    }
    if (progress.kind !== 'watched') return
    const { id, name, accepted } = progress
    if (json) answerJsonLine({ id, name, accepted }, around)
    else around.out.write(`${id}\n`)
    around.err.write(`${printable(name)} ${accepted ? 'is on its way' : 'waits here for the server'}.\n`)
  }
  try {
    return await keepAtIt(home, opened, around, (each) =>
      each.do('send.watch', args, { signal: around.stop, onProgress }),
    )
  } catch (error) {
    if (around.stop.aborted) {
      around.err.write('Stopped watching. What is put there meanwhile is sent when this is started again.\n')
    }
    throw error
  }
}
