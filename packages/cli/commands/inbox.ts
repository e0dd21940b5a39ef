// `doorpost inbox`: what came, newest last so that it stands above the prompt; one message in full; or every change as
// it happens.

import { hiddenWords, inboxSentence, troubleSentence } from '@doorpost/peer/catalogue/en'
import { percent, sizeText } from '@doorpost/peer/catalogue/quantity'
import { type InboxEntry, type Progress, Trouble } from '@doorpost/peer/operations'
import { answerJson, answerJsonLine } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf } from '../home.ts'
import { inboxJson } from '../inbox-json.ts'
import { keepAtIt } from '../keep-at-it.ts'
import { receivedId, shortId } from '../resolve-id.ts'
import { messageText } from '../show/message.ts'
import { printable } from '../show/printable.ts'
import { tableText } from '../show/table.ts'
import { whenText } from '../show/when.ts'
import type { Surroundings } from '../surroundings.ts'

export const inbox = command({
  examples: ['doorpost inbox', 'doorpost inbox latest', 'doorpost inbox --watch --json'],
  operands: [{ name: 'ID', optional: true, about: 'one message in full: its id, the beginning of it, or latest' }],
  options: {
    watch: { type: 'flag', about: 'stay, and tell every change; with --json one document a line' },
    all: {
      type: 'flag',
      about: 'also what is not shown: junk, blocked, requests over the cap, what is still being fetched by itself',
    },
    junk: { type: 'flag', about: 'what came from your junk senders' },
    ...homeOption,
    ...jsonOption,
  },
  async run({ operands: [written], options }, around) {
    const home = homeOf(options.home, around)
    await using opened = await around.openPeer(home)
    const { peer } = opened
    if (options.all && options.junk) throw new UsageError('--all shows junk as well: leave --junk out.')
    // One that is named is looked for everywhere.
    const show = options.junk ? 'junk' : options.all || written !== undefined ? 'all' : undefined
    const entries = [...(await peer.do('inbox', show === undefined ? {} : { show }, { signal: around.stop }))]
    entries.sort((a, b) => a.receivedAt.localeCompare(b.receivedAt))
    if (written !== undefined) {
      const id = await receivedId(peer, written)
      const entry = entries.find((each) => each.id === id)
      if (entry === undefined) throw new Trouble('no-such-message', `No message here has the id ${id}.`)
      if (options.json) answerJson(inboxJson(entry), around)
      else around.out.write(messageText(entry, stateWords(entry, around.now()), around))
      return undefined
    }
    const tell = (entry: InboxEntry) => {
      if (options.json) answerJsonLine(inboxJson(entry), around)
      else around.out.write(`${lineOf(entry, around.now())}\n`)
    }
    if (options.watch && options.json) for (const entry of entries) tell(entry)
    else if (options.json) answerJson(entries.map(inboxJson), around)
    else if (entries.length > 0) around.out.write(listText(entries, around))
    else around.err.write('Nothing has come yet.\n')
    // Whoever looks for a message must know that there may be more of them.
    const { online, refused } = await peer.do('whoami', {}, { signal: around.stop })
    const says = refused?.message ?? troubleSentence({ code: 'server-unreachable' }).says
    if (!online) around.err.write(`${says} This is what had come before.\n`)
    if (!options.watch) return undefined
    const onProgress = (progress: Progress) => progress.kind === 'inbox' && tell(progress.entry)
    await keepAtIt(home, opened, around, (each) => each.do('inbox.watch', {}, { signal: around.stop, onProgress }))
    return undefined
  },
})

function listText(entries: readonly InboxEntry[], around: Surroundings): string {
  return tableText(
    [
      { head: 'Id' },
      { head: 'From', gives: true },
      { head: 'Title', gives: true },
      { head: 'When' },
      { head: 'Media', side: 'right' },
      { head: 'State', gives: 'last' },
    ],
    entries.map((entry) => [
      shortId(entry.id),
      entry.from,
      entry.title ?? entry.text?.split('\n')[0] ?? '',
      whenText(entry.receivedAt, around.now()),
      mediaWords(entry),
      { text: stateWords(entry, around.now()), ...(entry.state === 'ready' && { paint: 'green' as const }) },
    ]),
    around.out,
  )
}

function lineOf(entry: InboxEntry, nowMs: number): string {
  const title = entry.title ?? entry.text?.split('\n')[0] ?? ''
  return printable(
    [shortId(entry.id), entry.from, title, mediaWords(entry), stateWords(entry, nowMs)]
      .filter((word) => word !== '')
      .join(' · '),
  )
}

function mediaWords({ media }: InboxEntry): string {
  if (media.length === 0) return ''
  const bytes = media.reduce((sum, each) => sum + each.sizeBytes, 0)
  return media.length === 1 ? sizeText(bytes) : `${media.length} files, ${sizeText(bytes)}`
}

function stateWords(entry: InboxEntry, nowMs: number): string {
  const sizeBytes = entry.media.reduce((sum, each) => sum + each.sizeBytes, 0)
  const verifiedBytes = entry.media.reduce((sum, each) => sum + each.verifiedBytes, 0)
  const says = inboxSentence(entry.state, {
    from: entry.from,
    hasMedia: entry.media.length > 0,
    percent: percent(verifiedBytes, sizeBytes),
    waitsFor: entry.waitsFor,
    expired: whenText(entry.expires, nowMs),
    goneAt: entry.gone && whenText(entry.gone.at, nowMs),
    ends: entry.endsAt && whenText(entry.endsAt, nowMs),
  })
  return entry.hidden === undefined ? says : `${says} (${hiddenWords[entry.hidden]})`
}
