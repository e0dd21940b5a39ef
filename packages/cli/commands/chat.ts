// `doorpost chat`: one conversation in a terminal. Shows what was said last, then what comes as it comes; a line that is typed is
// sent. In a pipe every line of the input is a message, and with --json every change is a document.

import { anotherConversation, typingWords } from '@doorpost/peer/catalogue/talk'
import { type Conversation, type Peer, type TalkChange, type TalkMessage, Trouble } from '@doorpost/peer/operations'
import { answerJson, answerJsonLine } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { homeOf } from '../home.ts'
import { keepAtIt } from '../keep-at-it.ts'
import { chatLine, shownName } from '../show/chat-line.ts'
import { printable } from '../show/printable.ts'
import type { Lines, Surroundings } from '../surroundings.ts'

/** Messages shown of what was said before, where nothing is said. */
const LAST = 20
const LAST_MAX = 500
/** The device is told of keys at most this often, ms; it tells others at most every 5 s. */
const KEYS_EVERY_MS = 2_000
const PROMPT = '> '

export const chat = command({
  examples: ['doorpost chat bob', 'doorpost chat bob carol --last 50', 'echo "on my way" | doorpost chat bob --once'],
  operands: [{ name: 'WHO', many: true, about: 'an address; several make a conversation of all of them' }],
  options: {
    once: { type: 'flag', about: 'send what stands on standard input as one message, and end' },
    last: { type: 'text', value: 'N', about: 'show so many messages of what was said before', default: String(LAST) },
    ...homeOption,
    json: { type: jsonOption.json.type, about: 'every message and change as a JSON document, one a line' },
  },
  notes: [
    'Ctrl-D leaves. At the end of your own line stands how far it got: waits here, sent, delivered, read.',
    anotherConversation,
    'doorpost prefs set marks off tells nobody what you have read or that you write, and shows you neither of others.',
  ],
  async run({ operands: who, options }, around) {
    if (who.length === 0) throw new UsageError('doorpost chat needs WHO: an address.')
    const last = readLast(options.last)
    const home = homeOf(options.home, around)
    if (options.once) return await sendOnce(who, home, options.json, around)
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, around.stop])
    let onKey = () => {}
    // Before the device is opened: a pipe's lines must not be lost.
    using lines = await around.openLines({ prompt: PROMPT, onKey: () => onKey() })
    await using opened = await around.openPeer(home)
    const room = await openRoom(opened.peer, { who, last, json: options.json, signal }, lines, around)
    onKey = room.typing
    const watched = keepAtIt(home, opened, { ...around, stop: signal }, async (peer) => {
      await room.follow(peer)
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    // Whichever ends first ends the other; a watch that fails is told.
    const typed = room.sendAll()
    try {
      await Promise.race([typed, watched])
    } finally {
      stop.abort(new Trouble('cancelled', 'Stopped.'))
      await watched
    }
    return around.stop.aborted ? EXIT.stopped : undefined
  },
})

function readLast(text: string | undefined): number {
  if (text === undefined) return LAST
  if (/^\d{1,3}$/.test(text) && Number(text) <= LAST_MAX) return Number(text)
  throw new UsageError(`--last takes a number from 0 to ${LAST_MAX}.`)
}

async function sendOnce(to: readonly string[], home: string, json: boolean, around: Surroundings): Promise<undefined> {
  const text = (await around.readInput()).replace(/\r?\n$/, '')
  if (text === '') throw new UsageError('There is nothing on standard input to send.')
  await using opened = await around.openPeer(home)
  const sent = await opened.peer.do('talk.send', { to: [...to], text }, { signal: around.stop })
  if (json) answerJson(sent, around)
  else around.out.write(`${sent.id}\n`)
  if (sent.heldBack !== undefined) around.err.write(`${printable(sent.heldBack)}\n`)
  return undefined
}

interface Room {
  /** Shows what this peer has that was not shown yet, then follows it until it ends. */
  follow(peer: Peer): Promise<void>
  /** Sends line after line until there are no more. */
  sendAll(): Promise<void>
  typing(): void
}

async function openRoom(
  first: Peer,
  wish: {
    readonly who: readonly string[]
    readonly last: number
    readonly json: boolean
    readonly signal: AbortSignal
  },
  lines: Lines,
  around: Surroundings,
): Promise<Room> {
  const { json, signal } = wish
  const { address: me } = await first.do('whoami', {}, { signal })
  const withThem = { with: [...wish.who] }
  let peer = first
  let conversation = (await peer.do('conversation', { ...withThem, limit: 1 }, { signal })).conversation
  const others = conversation.people.flatMap(({ address, me: isMe }) => (isMe ? [] : [address]))
  const to = others.length > 0 ? others : [me]
  const shown = new Map<string, TalkMessage>()
  /** The line that stands lowest, where it is one of this user's own. */
  let lowest: { id: string; text: string } | undefined
  /** Sent from here and not answered yet: its change may come first. */
  let sending = false
  let keyAtMs = Number.NEGATIVE_INFINITY
  let isFirst = true

  const textOf = (message: TalkMessage) => {
    const answered = message.inReplyTo === undefined ? undefined : shown.get(message.inReplyTo)
    return chatLine(message, { me, nowMs: around.now(), answered: answered?.text ?? answered?.title })
  }

  /** Also for one that looks otherwise. */
  function show(message: TalkMessage, inPlace = false): void {
    const before = shown.get(message.id)
    // Told before it was read here: what was accepted never waits again.
    if (before && before.waits === undefined && message.waits) return
    shown.set(message.id, message)
    if (json) return answerJsonLine({ what: 'message', message } satisfies TalkChange, around)
    const text = textOf(message)
    if (!before) {
      if (inPlace) lines.sayInPlace(text)
      else lines.say(text)
      lowest = message.mine ? { id: message.id, text } : undefined
    } else if (lowest?.id === message.id && lowest.text !== text && lines.again(text, lowest.text)) {
      lowest = { id: message.id, text }
    }
  }

  /** They are on the screen: the person sees them. */
  async function look(messages: readonly TalkMessage[]): Promise<void> {
    const newest = messages.findLast(({ unread }) => unread === true)
    if (!newest || signal.aborted) return
    await peer.do('talk.mark', { conversation: conversation.id, upTo: newest.id }, { signal })
  }

  function hear(change: TalkChange): void {
    switch (change.what) {
      case 'message': {
        const { message } = change
        if (message.conversation !== conversation.id) return
        // One's own from here is shown in place of what was typed, once it has an answer.
        if (message.mine && sending && !shown.has(message.id)) return
        show(message)
        // Not marked as seen now, it is with the next one.
        look([message]).catch(() => {})
        return
      }
      case 'typing':
        if (change.conversation !== conversation.id) return
        if (json) answerJsonLine(change, around)
        else lines.setPrompt(promptFor(change.people, me))
        return
      case 'forgotten':
        if (json && change.conversation === conversation.id) answerJsonLine(change, around)
        return
      case 'presence':
        if (json && others.includes(change.person.address)) answerJsonLine(change, around)
        return
      case 'conversation':
    }
  }

  return {
    async follow(next) {
      peer = next
      const heard: TalkChange[] = []
      let isCaughtUp = false
      const watching = peer.do(
        'talk.watch',
        {},
        {
          signal,
          onProgress(progress) {
            if (progress.kind !== 'talk') return
            if (isCaughtUp) hear(progress.change)
            else heard.push(progress.change)
          },
        },
      )
      // Awaited below; until then it may fail at once.
      watching.catch(() => {})
      const limit = isFirst ? Math.max(1, wish.last) : LAST_MAX
      const page = await peer.do('conversation', { ...withThem, limit }, { signal })
      conversation = page.conversation
      if (isFirst && lines.terminal && !json) lines.say(headOf(conversation, me))
      const fresh = isFirst && wish.last === 0 ? [] : page.messages
      for (const message of fresh) if (!shown.has(message.id)) show(message)
      isFirst = false
      isCaughtUp = true
      for (const change of heard) hear(change)
      await look(fresh)
      await watching
    },
    async sendAll() {
      for await (const text of lines) {
        if (signal.aborted) return
        if (text.trim() === '') continue
        sending = true
        try {
          const { id } = await peer.do('talk.send', { to, text }, { signal })
          const { messages } = await peer.do('conversation', { ...withThem, limit: LAST }, { signal })
          const mine = messages.find((message) => message.id === id)
          if (mine) show(mine, true)
        } catch (error) {
          // Somebody sits there and can write something else; a script has to know.
          if (!lines.terminal || signal.aborted || !(error instanceof Trouble)) throw error
          lines.say(`Not sent. ${printable(error.message)}`)
        } finally {
          sending = false
        }
      }
    },
    typing() {
      if (around.now() - keyAtMs < KEYS_EVERY_MS || signal.aborted) return
      keyAtMs = around.now()
      // That somebody writes is worth nothing a moment later.
      peer.do('talk.typing', { conversation: conversation.id }, { signal }).catch(() => {})
    },
  }
}

function promptFor(people: readonly string[], me: string): string {
  const words = typingWords(people.map((address) => shownName(address, me)))
  return words === '' ? PROMPT : `(${words}) ${PROMPT}`
}

function headOf({ people }: Conversation, me: string): string {
  const others = people.filter((one) => one.me !== true)
  const names = others.map(({ address, online }) => {
    const there = online === undefined ? '' : online ? ', on-line' : ', away'
    return `${shownName(address, me)}${there}`
  })
  const whom = names.length === 0 ? 'yourself' : names.join('; ')
  const all = others.length > 1 ? ' Everybody here gets what you write.' : ''
  return `A conversation with ${whom}.${all} Ctrl-D leaves.`
}
