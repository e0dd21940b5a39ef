// `doorpost send FILE --link`: the answer is the link itself. Without an agent this stays and serves until it is fetched or over.

import type { Draft, LinkStatus, Progress } from '@doorpost/peer/operations'
import { answerJson } from './answer.ts'
import { UsageError } from './command.ts'
import { stateWords } from './commands/links.ts'
import { EXIT } from './exit-codes.ts'
import { homeOf, homeWords } from './home.ts'
import { keepAtIt } from './keep-at-it.ts'
import { shortId } from './resolve-id.ts'
import { type BarLine, barLine } from './show/bar-line.ts'
import { printable } from './show/printable.ts'
import { whenText } from './show/when.ts'
import type { Surroundings } from './surroundings.ts'

interface LinkOptions {
  readonly to: readonly string[]
  readonly watch: string | undefined
  readonly copy: boolean
  readonly 'when-fetched': string | undefined
  readonly 'in-reply-to': string | undefined
  readonly 'show-address': boolean
  readonly 'no-wait': boolean
  readonly home: string | undefined
  readonly json: boolean
}

/** Throws UsageError for what a link cannot be made with. */
export function checkLink(files: readonly string[], options: LinkOptions): void {
  const others = (['watch', 'when-fetched', 'in-reply-to'] as const).filter((name) => options[name] !== undefined)
  const odd = options.to.length > 0 ? 'to' : options.copy ? 'copy' : others[0]
  if (odd !== undefined) throw new UsageError(`--link and --${odd} do not go together: a link is for whoever has it.`)
  if (files.length === 0) throw new UsageError('doorpost send --link needs a FILE: a link is for media.')
}

export async function sendLink(
  { to: _to, inReplyTo: _inReplyTo, ...draft }: Draft,
  options: LinkOptions,
  showReading: (line: BarLine) => (progress: Progress) => void,
  around: Surroundings,
): Promise<number | undefined> {
  const { err, stop, now } = around
  const folder = homeOf(options.home, around)
  const home = homeWords(options.home)
  await using opened = await around.openPeer(folder)
  const line = barLine(err, now)
  let made: LinkStatus
  try {
    const args = { ...draft, ...(options['show-address'] && { opens: true }) }
    made = await opened.peer.do('links.make', args, { signal: stop, onProgress: showReading(line) })
  } finally {
    line.clear()
  }
  if (options.json) answerJson(made, around)
  else around.out.write(`${made.link}\n`)
  err.write(
    `Whoever has this link first can fetch it, until ${whenText(made.expires, now())}. Hand it over where others do not read.\n`,
  )
  if (made.opens) {
    err.write(
      "Who has it may fetch straight from here where they agree to it too; then they see this device's network address.\n",
    )
  }
  if (made.heldBack !== undefined) err.write(`${printable(made.heldBack)}\n`)
  err.write(`Take it back: doorpost links revoke ${shortId(made.id)}${home}\n`)
  if (await opened.isAgent()) return undefined
  if (options['no-wait']) {
    err.write(`It can be fetched while an agent runs: doorpost agent${home}\n`)
    return undefined
  }
  err.write(`This stays until it is fetched. Ctrl-C ends it; an agent serves in its place: doorpost agent${home}\n`)
  try {
    const wait = (each: typeof opened.peer) =>
      each.do(
        'links.wait',
        { id: made.id },
        {
          signal: stop,
          onProgress: (progress) => progress.kind === 'link' && line.say(stateWords(progress.status, around)),
        },
      )
    const last = await keepAtIt(folder, opened, around, wait)
    line.clear()
    return last.state === 'fetched' ? EXIT.ok : EXIT.unavailable
  } catch (error) {
    line.clear()
    if (!stop.aborted) throw error
    err.write(`Stopped. The link stays; it can be fetched while an agent runs: doorpost agent${home}\n`)
    return EXIT.stopped
  }
}
