// `doorpost get ID`: fetches the files of a message into a folder, shows how far it is, and says how to go on when it was
// stopped. The answer is where the files are, one a line.

import { rateText, sizeText } from '@doorpost/peer/catalogue/quantity'
import type { InboxEntry, Operations, Progress } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { homeOf, homeWords, shellWord } from '../home.ts'
import { keepAtIt } from '../keep-at-it.ts'
import { receivedId } from '../resolve-id.ts'
import { barText } from '../show/bar.ts'
import { type BarLine, barLine } from '../show/bar-line.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'

const paths = ['direct', 'webrtc', 'tunnel'] as const

type Got = Operations['get']['result']

export const get = command({
  examples: ['doorpost get latest', 'doorpost get latest --out films --path direct', 'doorpost get latest --stream'],
  operands: [
    {
      name: 'ID',
      about: 'id of a message, its beginning, a handle URL, or latest: the newest that you do not have yet',
    },
  ],
  options: {
    out: { type: 'text', value: 'DIR', about: 'folder for the files', default: 'this one', completes: 'folder' },
    path: { type: 'text', value: 'PATH', about: 'this way alone', choices: paths },
    stream: { type: 'flag', about: 'write the media to standard output while it comes, and keep nothing' },
    media: { type: 'text', value: 'NAME', about: 'with --stream: which one of several, by name or number from 1' },
    'no-wait': { type: 'flag', about: 'give up when nobody who has it is on-line now' },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'With --stream (into a player: doorpost get latest --stream | mpv -) every byte is verified before it is written; no file is made, and the sender gets no receipt.',
    'What was fetched and verified is never fetched again: after Ctrl-C, a crash or a broken line the same command goes on.',
  ],
  async run({ operands: [written = ''], options }, around) {
    if (options.stream) refuseBeside(options)
    else if (options.media !== undefined) throw new UsageError('--media says what to --stream.')
    const home = homeOf(options.home, around)
    await using opened = await around.openPeer(home)
    const what = await receivedId(
      opened.peer,
      written,
      mayCome,
      (entry) => entry.media.length > 0 && entry.state !== 'ready',
    )
    const pinned = paths.find((path) => path === options.path)
    const folder = resolve(around.cwd, options.out ?? '.')
    const line = barLine(around.err, around.now)
    const begun = around.now()
    const noWait = options['no-wait'] ? { noWait: true } : {}
    try {
      const more = { signal: around.stop, onProgress: showProgress(line) }
      if (options.stream) {
        await using out = await around.openStreamOut()
        const media = options.media === undefined ? {} : { media: options.media }
        const path = pinned === undefined ? {} : { path: pinned }
        const sent = await opened.peer.do(
          'get.stream',
          { what, socket: out.socket, ...media, ...path, ...noWait },
          more,
        )
        line.clear()
        if (sent.whole) around.err.write(`${sizeText(sent.sizeBytes)} written, all of it verified. Nothing is kept.\n`)
        return undefined
      }
      const wanted = {
        what,
        folder,
        ...(pinned !== undefined && { path: pinned }),
        ...noWait,
      }
      const got = await keepAtIt(home, opened, around, (peer) => peer.do('get', wanted, more))
      line.clear()
      tellGot(got, around.now() - begun, options.json, around)
      return undefined
    } catch (error) {
      line.clear()
      if (!around.stop.aborted) throw error
      // Whoever read has seen enough, or Ctrl-C: there is nothing to go on from.
      if (options.stream) return isClosedPipe(around.stop.reason) ? undefined : EXIT.stopped
      const out = options.out === undefined ? '' : ` --out ${printable(shellWord(options.out))}`
      around.err.write(
        `Stopped. What came so far is kept; this goes on from there: doorpost get ${what}${out}${homeWords(options.home)}\n`,
      )
      return EXIT.stopped
    }
  },
})

/** There is something to fetch, and nothing in the way of it: what was taken back or declined is not what `latest` means. */
function mayCome({ media, state }: InboxEntry): boolean {
  return media.length > 0 && (state === 'announced' || state === 'scheduled' || state === 'fetching')
}

/** A stream has standard output for itself, and no folder. */
function refuseBeside({ json, out }: { readonly json: boolean; readonly out: string | undefined }): void {
  if (json) throw new UsageError('--stream writes the media itself to standard output: leave --json out.')
  if (out !== undefined) throw new UsageError('--stream makes no file: leave --out out.')
}

function isClosedPipe(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'EPIPE'
}

/** Draws the bar; says a reason to wait once, not each time it is given. */
function showProgress(line: BarLine): (progress: Progress) => void {
  let reason = ''
  return (progress) => {
    if (progress.kind === 'fetching') {
      reason = ''
      const { name, allDoneBytes, allSizeBytes, bytesPerSecond, source, path } = progress
      const facts = { name, doneBytes: allDoneBytes, sizeBytes: allSizeBytes, bytesPerSecond }
      const others = progress.sources === undefined ? '' : ` and ${progress.sources - 1} more`
      line.draw((columns) => barText({ ...facts, source: `${source}, ${path}${others}` }, columns))
    } else if (progress.kind === 'dropped') {
      line.say(printable(progress.reason))
    } else if (progress.kind === 'waiting' && progress.reason !== reason) {
      reason = progress.reason
      // Its rate and time left are true no more.
      line.clear()
      line.say(printable(`${progress.name}: ${progress.reason}`))
    }
  }
}

const receiptWords: Record<Got['receipt'], string> = {
  sent: 'Your receipt is on its way to the sender.',
  queued: 'The receipt goes to the sender when the server can be reached.',
  none: '',
}

function tellGot(got: Got, tookMs: number, json: boolean, around: Surroundings): void {
  const { out, err } = around
  if (json) answerJson(got, around)
  // A pipe gets names as they are; a terminal is not made to obey them.
  else for (const { file } of got.files) out.write(`${out.terminal ? printable(file) : file}\n`)
  const rate = tookMs > 0 && got.fetchedBytes > 0 ? `, ${rateText(got.fetchedBytes / (tookMs / 1000))}` : ''
  const fetched = got.fetchedBytes > 0 ? `${sizeText(got.fetchedBytes)} fetched${rate}, all of it verified.` : ''
  err.write(`${['You have it.', fetched, receiptWords[got.receipt]].filter((word) => word !== '').join(' ')}\n`)
}
