// The conversations of the device that only pretends: made of its messages, so that what a screen does is seen in them.
// Development builds alone, as pretend-device.ts.

import type {
  ContactLine,
  Conversation,
  InboxEntry,
  OperationName,
  Operations,
  SentStatus,
  TalkMessage,
  TalkPerson,
} from './device-connection.ts'

type Table = {
  [Name in OperationName]?: (args: Operations[Name]['args']) => Operations[Name]['result']
}

interface Around {
  readonly me: string
  readonly inbox: readonly InboxEntry[]
  readonly sent: SentStatus[]
  contacts(): readonly ContactLine[]
  changed(what: 'talk' | 'sent', id?: string): void
}

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

export function createPretendTalk({ me, inbox, sent, contacts, changed }: Around): Table {
  const texts: TalkMessage[] = pretendTexts(me)
  const drafts = new Map<string, string>()
  const muted = new Set<string>()
  const read = new Map<string, string>()
  const forgotten = new Map<string, ReadonlySet<string>>()
  const begun = new Map<string, readonly string[]>()
  const idOf = (people: readonly string[]) => [...new Set(people)].toSorted().join('~')
  const blocked = () => new Set(contacts().flatMap(({ address, state }) => (state === 'blocked' ? [address] : [])))

  const all = (): TalkMessage[] => {
    const gone = new Set([...forgotten.values()].flatMap((ids) => [...ids]))
    const fromInbox = inbox.map((entry): TalkMessage => {
      const { state: _state, receivedAt: _received, sentAt, hidden: _hidden, gone: _gone, ...rest } = entry
      return { ...rest, conversation: idOf([entry.from, ...entry.to]), mine: false, at: sentAt, entry }
    })
    const fromSent = sent.map(
      (status): TalkMessage => ({
        id: status.id,
        from: me,
        fromDevice: `${me}/browser`,
        mine: true,
        to: status.recipients.map(({ address }) => address),
        conversation: idOf([me, ...status.recipients.map(({ address }) => address)]),
        at: status.date,
        date: status.date,
        ...(status.title !== undefined && { title: status.title }),
        ...(status.sizeBytes === 0 && { text: 'That is the house I meant.' }),
        media:
          status.sizeBytes === 0
            ? []
            : [
                {
                  name: 'mountain.mp4',
                  sizeBytes: status.sizeBytes,
                  type: 'video/mp4',
                  root: 'S'.repeat(43),
                  url: 'pretend',
                },
              ],
        sent: status,
      }),
    )
    return [...fromInbox, ...fromSent, ...texts]
      .filter(({ id, from }) => !gone.has(id) && !blocked().has(from))
      .toSorted((a, b) => a.at.localeCompare(b.at))
  }

  const person = (address: string): TalkPerson => {
    if (address === me) return { address, me: true, online: true }
    const line = contacts().find((one) => one.address === address)
    return { address, contact: line?.state ?? 'none', ...(line?.online !== undefined && { online: line.online }) }
  }

  const conversation = (id: string): Conversation => {
    const messages = all().filter((one) => one.conversation === id)
    const last = messages.at(-1)
    const draft = drafts.get(id)
    const seen = read.get(id) ?? ''
    return {
      id,
      people: id.split('~').map(person),
      request: messages.length > 0 && messages.every(({ entry }) => entry?.state === 'request'),
      unread: messages.filter(({ mine, at }) => !mine && at > seen && at > ago(10)).length,
      count: messages.length,
      ...(last && {
        last: {
          id: last.id,
          from: last.from,
          mine: last.mine,
          at: last.at,
          line: last.text ?? last.title ?? '',
          media: last.media.map(({ name, type, sizeBytes }) => ({ name, type, sizeBytes })),
        },
      }),
      ...(draft !== undefined && { draft }),
      muted: muted.has(id),
      typing: id === idOf([me, 'ann@post.example']) ? ['ann@post.example'] : [],
    }
  }

  const conversations = () =>
    [...new Set([...all().map((one) => one.conversation), ...begun.keys()])]
      .map(conversation)
      .toSorted((a, b) => (b.last?.at ?? '').localeCompare(a.last?.at ?? ''))

  return {
    conversations,
    conversation({ id, with: people, limit = 50 }) {
      const found = id ?? idOf([me, ...(people ?? []).map((who) => (who.includes('@') ? who : `${who}@post.example`))])
      const messages = all().filter((one) => one.conversation === found)
      return { conversation: conversation(found), messages: messages.slice(-limit), more: messages.length > limit }
    },
    'talk.send'({ to, text }) {
      const id = `pretend-${Date.now()}`
      const at = new Date().toISOString()
      const message: TalkMessage = {
        id,
        conversation: idOf([me, ...to]),
        from: me,
        fromDevice: `${me}/browser`,
        mine: true,
        to: [...to],
        at,
        text,
        media: [],
        marks: to.map((address) => ({ address, state: 'accepted' })),
      }
      texts.push(message)
      drafts.delete(message.conversation)
      changed('talk', id)
      return { id, conversation: message.conversation, accepted: true }
    },
    'talk.mark'({ conversation: id }) {
      read.set(id, new Date().toISOString())
      changed('talk')
      return { unread: 0 }
    },
    'talk.typing': () => ({}),
    'talk.history': () => ({}),
    'talk.draft'({ conversation: id, text }) {
      if (text === '') drafts.delete(id)
      else drafts.set(id, text)
      changed('talk')
      return {}
    },
    'talk.mute'({ conversation: id, muted: on }) {
      if (on) muted.add(id)
      else muted.delete(id)
      changed('talk')
      return {}
    },
    'talk.search'({ words }) {
      const wanted = words.toLowerCase().split(/\s+/)
      const has = (text: string) => wanted.every((word) => text.toLowerCase().includes(word))
      return {
        conversations: conversations().filter(({ id }) => has(id)),
        messages: all()
          .filter(({ text = '', title = '', media }) =>
            has(`${text} ${title} ${media.map(({ name }) => name).join(' ')}`),
          )
          .toReversed(),
        more: false,
      }
    },
    'talk.forget'({ conversation: id, message }) {
      const ids = new Set(
        message === undefined ? all().flatMap((one) => (one.conversation === id ? [one.id] : [])) : [message],
      )
      const key = `forgotten-${Date.now()}`
      forgotten.set(key, ids)
      changed('talk')
      return { forgotten: key, until: ago(-1) }
    },
    'talk.recall'({ forgotten: key }) {
      forgotten.delete(key)
      changed('talk')
      return {}
    },
  }
}

function pretendTexts(me: string): TalkMessage[] {
  const line = (id: string, minutes: number, from: string, others: readonly string[], text: string): TalkMessage => ({
    id,
    conversation: [...new Set([me, from, ...others])].toSorted().join('~'),
    from,
    fromDevice: `${from}/laptop`,
    mine: from === me,
    to: from === me ? [...others] : [me, ...others],
    at: ago(minutes),
    text,
    media: [],
    ...(from === me && { marks: others.map((address) => ({ address, state: 'read' as const })) }),
  })
  const ann = 'ann@post.example'
  const bob = 'bob@post.example'
  return [
    line('t1', 1510, ann, [], 'Are you on Sunday?'),
    line('t2', 1508, me, [ann], 'Yes, from noon on. I bring the small tripod and whatever is left of the cake.'),
    line('t3', 1507, ann, [], 'Perfect.'),
    line('t4', 62, me, [ann], 'How long did the copy take you yesterday?'),
    line('t5', 58, ann, [], 'Nine minutes for all of it. I watched the first part while the rest came.'),
    line('t6', 57, ann, [], 'And you did not have to put it anywhere, which is the nice thing.'),
    {
      ...line('t7', 1, me, [ann], 'I did. I have to see that again at once.'),
      marks: [{ address: ann, state: 'delivered' }],
    },
    line('t8', 300, bob, [ann], 'Who has the pictures of the boat?'),
    {
      ...line('t9', 290, me, [ann, bob], 'Ann has. She sends them tonight.'),
      marks: [
        { address: ann, state: 'read' },
        { address: bob, state: 'delivered' },
      ],
    },
  ]
}
