// SEND, LIST, RETRIEVE and REMOVE /messages: the mailbox's rows of the handler table. A device sees its own copies alone.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { instantSchema } from '@doorpost/protocol/dates'
import type { DeliveredEnvelope } from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import { IDS_MAX, SEND_BODY_BYTES_MAX } from '@doorpost/protocol/limits'
import {
  type Accepted,
  type Listed,
  type MailKey,
  mailKeySchema,
  mailKeysSchema,
  type Removed,
  type Retrieved,
} from '@doorpost/protocol/messages/mailbox'
import { checked, json, readValue } from '../bodies.ts'
import type { Answer, Exchange } from '../listen/exchange.ts'
import type { Metrics } from '../metrics.ts'
import type { Mail } from '../rooms.ts'
import type { MailPage, MailStore } from '../storage/storage.ts'
import { type AcceptRoom, accept } from './accept.ts'
import { checkedEnvelope } from './check-envelope.ts'
import type { Delivery } from './delivery.ts'

/** Messages in one answer to LIST: at 40 kB for a message with the most recipients, 4 MB. */
const LIST_MAX = 100
/** An answer to RETRIEVE is ended by the message that brings it to this, characters: a session takes some MiB unread. */
const RETRIEVE_CHARACTERS_MAX = 2 * 1024 * 1024
/** A list of mail keys, bytes: the longest address, an id and the JSON around them. */
const KEYS_BYTES_MAX = IDS_MAX * 500

interface Login {
  readonly device: DeviceAddress
  readonly user: UserAddress
}

export interface MailRoom extends AcceptRoom {
  readonly store: MailStore
  readonly delivery: Delivery
  readonly metrics: Pick<Metrics, 'messagesAccepted' | 'messagesDelivered' | 'messageBytes'>
  readonly nowMs: () => number
}

export function mailHandlers(room: MailRoom): Mail {
  const counted =
    (handle: (room: MailRoom, login: Login, exchange: Exchange) => Promise<Answer>) =>
    async (login: Login, exchange: Exchange) => {
      const answer = await handle(room, login, exchange)
      if (typeof answer.body === 'string') {
        room.metrics.messageBytes.inc({ direction: 'out' }, Buffer.byteLength(answer.body))
      }
      return answer
    }
  return { send: counted(send), list: counted(list), retrieve: counted(retrieve), remove: counted(remove) }
}

async function send(room: MailRoom, login: Login, exchange: Exchange): Promise<Answer> {
  const envelope = checkedEnvelope(await readBody(room, exchange, SEND_BODY_BYTES_MAX))
  const { acceptedAtMs, already, mail } = await accept(room, login.device, envelope, room.nowMs())
  const accepted: Accepted = { id: envelope.id, acceptedAt: new Date(acceptedAtMs).toISOString() }
  if (already) return json(200, accepted)
  room.metrics.messagesAccepted.inc()
  room.delivery.arrived(mail.deliveries.map(({ device }) => device))
  return json(202, accepted)
}

/**
 * `?limit=N&since=INSTANT&after=FROM%20ID`: the page behind that message, or, once the server does not know it any more,
 * from that time on. Clients give both of the last message they have, and skip what they know.
 */
async function list(room: MailRoom, login: Login, { query }: Exchange): Promise<Answer> {
  const page = pageOf(query)
  const found = await room.store.list(login.device, { ...page, limit: page.limit + 1 }, room.nowMs())
  const listed: Listed = { messages: found.slice(0, page.limit), more: found.length > page.limit }
  return json(200, listed)
}

/** Answers in the order asked, until the answer is long enough: what is not answered is to be asked for again. */
async function retrieve(room: MailRoom, login: Login, exchange: Exchange): Promise<Answer> {
  const { messages: keys } = checked(await readBody(room, exchange, KEYS_BYTES_MAX), mailKeysSchema)
  const messages: Retrieved['messages'] = []
  let characters = 0
  for (const key of keys) {
    if (characters >= RETRIEVE_CHARACTERS_MAX) break
    const [envelope] = await room.store.retrieve(login.device, [key], room.nowMs())
    messages.push(envelope ? { ...key, status: 200, envelope } : { ...key, status: 404 })
    characters += envelope ? charactersOf(envelope) : 0
  }
  return json(200, { messages } satisfies Retrieved)
}

async function remove(room: MailRoom, login: Login, exchange: Exchange): Promise<Answer> {
  const { messages: keys } = checked(await readBody(room, exchange, KEYS_BYTES_MAX), mailKeysSchema)
  const removed = new Set((await room.store.remove(login.device, keys)).map(nameOf))
  room.metrics.messagesDelivered.inc(removed.size)
  room.delivery.removed(login.device, keys)
  const messages = keys.map((key) => ({ ...key, status: removed.has(nameOf(key)) ? (200 as const) : (404 as const) }))
  return json(200, { messages } satisfies Removed)
}

async function readBody(room: MailRoom, exchange: Exchange, bytesMax: number): Promise<unknown> {
  const { value, size } = await readValue(exchange, bytesMax)
  room.metrics.messageBytes.inc({ direction: 'in' }, size)
  return value
}

function pageOf(query: URLSearchParams): MailPage {
  const limitText = query.get('limit') ?? String(LIST_MAX)
  if (!/^[1-9][0-9]{0,5}$/.test(limitText)) throw malformed('limit', 'a whole number from 1 on')
  const limit = Math.min(Number(limitText), LIST_MAX)
  const since = query.get('since')
  if (since !== null && !instantSchema.safeParse(since).success) throw malformed('since', 'an instant in UTC')
  const written = query.get('after')
  return {
    limit,
    ...(since !== null && { afterMs: Date.parse(since) }),
    ...(written !== null && { after: keyNamed(written) }),
  }
}

/** `FROM ID`, as in the header that names a message (messages/pipe.ts). */
function keyNamed(written: string): MailKey {
  const [from, id, ...rest] = written.split(' ')
  const parsed = mailKeySchema.safeParse({ from, id })
  if (!parsed.success || rest.length > 0) throw malformed('after', 'the sending device, a space and the id')
  return parsed.data
}

function malformed(about: string, wanted: string): Refusal {
  return new Refusal('malformed', { about, detail: `${about} must be ${wanted}.` })
}

function charactersOf({ sealed }: DeliveredEnvelope): number {
  return sealed.key.length + sealed.body.length
}

function nameOf({ from, id }: MailKey): string {
  return `${from} ${id}`
}
