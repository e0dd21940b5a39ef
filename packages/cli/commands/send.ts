// `doorpost send`: files, folders or a line of text to people. With an agent it is done when the message is accepted or
// kept in the outbox; without one it stays and serves until everybody has the files. The answer is the message's id.

import { sizeText } from '@doorpost/peer/catalogue/quantity'
import type { Operations, Peer, Progress, SentStatus } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { readDraft } from '../draft.ts'
import { EXIT } from '../exit-codes.ts'
import { homeOf, homeWords } from '../home.ts'
import { keepAtIt } from '../keep-at-it.ts'
import { receivedId } from '../resolve-id.ts'
import { barText } from '../show/bar.ts'
import { type BarLine, barLine } from '../show/bar-line.ts'
import { checkLink, sendLink } from '../send-link.ts'
import { painted } from '../show/paint.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'
import { checkWatch, watchFolder } from '../watch-folder.ts'
import { confirmed } from '../when-fetched.ts'
import { recipientWords } from './status.ts'

/** A link is for nobody by name; a draft has recipients. */
const NOBODY = 'nobody'

type Sent = Operations['send']['result']

export const send = command({
  examples: [
    'doorpost send film.mp4 --to bob --title "The wedding"',
    'doorpost send film.mp4 photos --to bob --to carol@localhost:8025 --text "Sunday cut"',
    'doorpost send --to bob --text "Have a look at this tonight"',
  ],
  operands: [
    {
      name: 'FILE',
      optional: true,
      many: true,
      about: 'files, folders, https or ftp addresses, laptop:/path on your device laptop; none for an instant message',
      completes: 'file',
    },
  ],
  options: {
    to: { type: 'text', many: true, value: 'ADDRESS', about: 'whom it is for: bob, or bob@example.org' },
    link: { type: 'flag', about: 'make a link instead, for somebody without an account; it lives 7d, or --expires' },
    'show-address': {
      type: 'flag',
      about: "with --link: whoever has it may fetch straight from here, and sees this device's network address",
    },
    title: { type: 'text', value: 'TEXT', about: 'title of the message' },
    text: { type: 'text', value: 'TEXT', about: 'what you write; - reads standard input' },
    date: { type: 'text', value: 'DATE', about: 'when it was made: 2026-05-03, or with time and zone' },
    time: { type: 'text', value: 'TIME', about: 'time of the day when it was made: 14:02' },
    copyright: { type: 'text', value: 'TEXT', about: 'whose work it is' },
    who: { type: 'text', value: 'TEXT', about: 'who is to be seen' },
    what: { type: 'text', value: 'TEXT', about: 'what happens' },
    when: { type: 'text', value: 'TEXT', about: 'when, in words' },
    where: { type: 'text', value: 'TEXT', about: 'where it was' },
    why: { type: 'text', value: 'TEXT', about: 'why it was' },
    'in-reply-to': { type: 'text', value: 'ID', about: 'the message that this one answers' },
    'file-title': { type: 'text', many: true, value: 'FILE=TEXT', about: 'title of one file' },
    'file-date': { type: 'text', many: true, value: 'FILE=DATE', about: 'date of one file' },
    expires: { type: 'text', value: 'TIME', about: 'how long it may wait: 12h, 30d; 90d at most', default: '30d' },
    copy: { type: 'flag', about: 'give out a copy made now, so that your own files can be changed' },
    'when-fetched': {
      type: 'text',
      value: 'WHAT',
      about: 'what becomes of the files when everybody has them: keep, archive=DIR or delete',
      default: 'keep',
    },
    yes: { type: 'flag', about: 'with --when-fetched: your own files may be moved or deleted, do not ask' },
    'allow-private': { type: 'flag', about: 'an https or ftp address may lie in your own network' },
    watch: {
      type: 'text',
      value: 'DIR',
      about: 'stay, and send every file that is put there once it is complete, each as a message of its own',
      completes: 'folder',
    },
    pattern: {
      type: 'text',
      value: 'PATTERN',
      about: "with --watch: names that are sent, such as '*.mov'",
      default: '*',
    },
    settle: { type: 'text', value: 'TIME', about: 'with --watch: how long a file must stand still', default: '10s' },
    take: { type: 'flag', about: "with --watch: move what was sent into this device's own folder" },
    'no-wait': { type: 'flag', about: 'without an agent: end at once, and serve the files later' },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'Nothing is uploaded: the files stay where they are and are fetched from there. Leave them as they are until everybody has them.',
  ],
  async run({ operands: files, options }, around) {
    // What can be wrong with the command line is told before anything is opened.
    checkWatch(files, options)
    if (options.link) {
      checkLink(files, options)
      const draft = await readDraft(files, { ...options, to: [NOBODY] }, undefined, around)
      return await sendLink(draft, options, showReading, around)
    }
    if (options['show-address']) throw new UsageError('--show-address goes with --link.')
    const written = await readDraft(files, options, undefined, around)
    if (options.watch !== undefined) return await watchFolder(options.watch, written, options, around)
    const draft = await confirmed(written, options.yes, around)
    const folder = homeOf(options.home, around)
    await using opened = await around.openPeer(folder)
    const { peer } = opened
    const answered = options['in-reply-to']
    const line = barLine(around.err, around.now)
    let sent: Sent
    try {
      const whole = answered === undefined ? draft : { ...draft, inReplyTo: await receivedId(peer, answered) }
      sent = await peer.do('send', whole, { signal: around.stop, onProgress: showReading(line) })
    } catch (error) {
      line.clear()
      if (around.stop.aborted) around.err.write('Stopped before anything was sent.\n')
      throw error
    }
    line.clear()
    if (options.json) answerJson(sent, around)
    else around.out.write(`${sent.id}\n`)
    tellSent(sent, around)
    const home = homeWords(options.home)
    // Whatever nobody can fetch, or an agent takes care of, needs no waiting for.
    if ((sent.media.length === 0 && sent.accepted) || (await opened.isAgent())) return undefined
    if (options['no-wait']) {
      const todo = sent.media.length > 0 ? 'The files can be fetched while an agent runs' : 'It goes when an agent runs'
      around.err.write(`${todo}: doorpost agent${home}\n`)
      return undefined
    }
    const wait: Wait = (args, more) => keepAtIt(folder, opened, around, (each) => each.do('send.wait', args, more))
    return await waitForAll(sent, wait, home, line, around)
  },
})

/** What is left out of a folder is named up to here: one may hold thousands of links. */
const LEFT_OUT_NAMED = 10

function showReading(line: BarLine): (progress: Progress) => void {
  let leftOut = 0
  return (progress) => {
    // What lies in a folder and does not go along is said, or its sender believes that it went.
    if (progress.kind === 'left-out') {
      leftOut += 1
      if (leftOut <= LEFT_OUT_NAMED) line.say(printable(`${progress.name} is left out. ${progress.reason}`))
      if (leftOut === LEFT_OUT_NAMED + 1) line.say('More like these are left out.')
    }
    if (progress.kind !== 'reading') return
    const { name, doneBytes, sizeBytes } = progress
    line.draw((columns) => barText({ name: `reading ${name}`, doneBytes, sizeBytes, bytesPerSecond: 0 }, columns))
  }
}

function tellSent(sent: Sent, around: Surroundings): void {
  const { err } = around
  const to = printable(sent.to.join(', '))
  const bytes = sent.media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const count = sent.media.length
  const files = count === 0 ? '' : ` with ${count === 1 ? 'one file' : `${count} files`}, ${sizeText(bytes)},`
  if (sent.accepted) err.write(`The message${files} is on its way to ${to}.\n`)
  else {
    const reason = sent.heldBack ?? 'The server cannot be reached. It goes by itself when the server is back.'
    err.write(`The message${files} to ${to} waits here. ${printable(reason)}\n`)
  }
}

/** `send.wait`, of whichever program has the device open. */
type Wait = (
  args: Operations['send.wait']['args'],
  options: NonNullable<Parameters<Peer['do']>[2]>,
) => Promise<SentStatus>

/** One line per recipient and change; ends when nobody is waited for any more. */
async function waitForAll(sent: Sent, wait: Wait, home: string, line: BarLine, around: Surroundings): Promise<number> {
  const { err, now, stop } = around
  err.write(`This stays until they have it. Ctrl-C ends it; an agent serves in its place: doorpost agent${home}\n`)
  const told = new Map<string, string>()
  const tell = ({ recipients, expires, uploadedBytes }: SentStatus) => {
    for (const recipient of recipients) {
      const words = recipientWords(recipient, expires, now())
      if (told.get(recipient.address) === words) continue
      told.set(recipient.address, words)
      const shown = recipient.receipt === 'verified' ? painted(words, 'green', err) : words
      line.say(`${printable(recipient.address)}  ${shown}`)
    }
    if (uploadedBytes > 0) line.draw(() => `${sizeText(uploadedBytes)} given out`)
  }
  try {
    const last = await wait(
      { id: sent.id },
      { signal: stop, onProgress: (progress) => progress.kind === 'sent' && tell(progress.status) },
    )
    tell(last)
    line.clear()
    return last.recipients.every(({ state }) => state === 'fetched') ? EXIT.ok : EXIT.unavailable
  } catch (error) {
    line.clear()
    if (!stop.aborted) throw error
    err.write(`Stopped. The message stays sent; its files can be fetched while an agent runs: doorpost agent${home}\n`)
    return EXIT.stopped
  }
}
