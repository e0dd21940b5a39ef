// What an operation takes, checked: requests on the control socket come from another process. The shapes are those of
// operations.ts; what the fields mean is checked by the operations themselves.

import { isAbsolute } from 'node:path'
import { FIELD_LENGTH_MAX, MEDIA_MAX, RECIPIENTS_MAX, TEXT_LENGTH_MAX } from '@doorpost/protocol/limits'
import { previewSchema } from '@doorpost/protocol/preview'
import { z } from 'zod'
import { type OperationName, Trouble } from '../operations.ts'
import { isRemoteAddress } from '../send/remote-address.ts'
import { isSiblingFile } from '../send/sibling-file.ts'
import type { ControlRequest } from './control-wire.ts'

/** Longest path taken, characters (PATH_MAX on Linux). */
const PATH_LENGTH_MAX = 4096
/** Longest handle URL, characters: a name of 4 KiB in percent encoding, folders and sources. */
const WHAT_LENGTH_MAX = 512 * 1024

/** Edits of preferences at once: a command makes one or a few. */
const PREFERENCE_EDITS_MAX = 100

const path = z.string().min(1).max(PATH_LENGTH_MAX).refine(isAbsolute, 'must be absolute')
const nothing = z.strictObject({})
const text = z.string().max(FIELD_LENGTH_MAX)
const address = z.strictObject({ address: z.string().max(1000) })
const id = z.strictObject({ id: z.string().max(100) })
const lifetimeMs = z.number().optional()
const perFile = z.record(z.string().max(PATH_LENGTH_MAX), text)

const draft = z.strictObject({
  to: z.array(z.string().max(1000)).max(RECIPIENTS_MAX),
  files: z
    .array(
      path.or(
        z
          .string()
          .max(PATH_LENGTH_MAX)
          .refine((one) => isRemoteAddress(one) || isSiblingFile(one)),
      ),
    )
    .max(MEDIA_MAX),
  inReplyTo: text.optional(),
  title: z.string().max(TEXT_LENGTH_MAX).optional(),
  date: text.optional(),
  time: text.optional(),
  copyright: z.string().max(TEXT_LENGTH_MAX).optional(),
  text: z
    .string()
    .max(4 * TEXT_LENGTH_MAX)
    .optional(),
  who: z.string().max(TEXT_LENGTH_MAX).optional(),
  what: z.string().max(TEXT_LENGTH_MAX).optional(),
  when: z.string().max(TEXT_LENGTH_MAX).optional(),
  where: z.string().max(TEXT_LENGTH_MAX).optional(),
  why: z.string().max(TEXT_LENGTH_MAX).optional(),
  fileTitles: perFile.optional(),
  fileDates: perFile.optional(),
  filePreviews: z.record(z.string().max(PATH_LENGTH_MAX), previewSchema).optional(),
  lifetimeMs,
  copy: z.literal(true).optional(),
  whenFetched: z
    .discriminatedUnion('do', [
      z.strictObject({ do: z.literal('keep') }),
      z.strictObject({ do: z.literal('archive'), folder: path }),
      z.strictObject({ do: z.literal('delete') }),
    ])
    .optional(),
  confirmed: z.literal(true).optional(),
})

const list = z.enum(['priority', 'junk', 'openTo', 'tunnelOnly'])
const who = z.string().max(1000)
const messageId = z.string().max(100)
const talkId = z.string().max(100)
/** What the values may be is the preferences' own schema's. */
const preferenceEdit = z.union([
  z.strictObject({ add: list, who }),
  z.strictObject({ remove: list, who }),
  z.strictObject({
    addRule: z.strictObject({
      from: z.array(who).max(100).optional(),
      sizeBytesMax: z.number().optional(),
      types: z.array(text).max(100).optional(),
      network: z.enum(['any', 'unmetered', 'local']).optional(),
      decide: z.enum(['fetch', 'ask']),
    }),
    first: z.boolean().optional(),
  }),
  z.strictObject({ removeRule: z.number() }),
  z.strictObject({
    reset: z.enum([
      'all',
      'priority',
      'junk',
      'openTo',
      'tunnelOnly',
      'fetch',
      'requestsPerDay',
      'serve',
      'sent',
      'marks',
      'tellReceived',
    ]),
  }),
  z.strictObject({
    set: z.strictObject({
      requestsPerDay: z.number().optional(),
      serve: z
        .strictObject({
          copies: z.boolean().optional(),
          bytesPerSecond: z.number().optional(),
          hours: z.strictObject({ from: text, to: text }).nullable().optional(),
        })
        .optional(),
      sent: z
        .strictObject({
          whenFetched: z.enum(['keep', 'archive', 'delete']).optional(),
          remindHours: z.number().optional(),
        })
        .optional(),
      marks: z.enum(['on', 'off']).optional(),
      tellReceived: z.enum(['on', 'off']).optional(),
    }),
  }),
])

const schemas = {
  whoami: nothing,
  send: draft,
  'send.wait': id,
  'send.watch': z.strictObject({
    folder: path,
    draft: draft.omit({ files: true, fileTitles: true, fileDates: true, filePreviews: true }),
    pattern: text.optional(),
    settleMs: z.number().optional(),
    take: z.literal(true).optional(),
  }),
  'send.withdraw': id,
  'send.handOver': z.strictObject({ id: z.string().max(100), device: z.string().max(100) }),
  'send.keepHere': id,
  'links.make': draft
    .omit({ to: true, inReplyTo: true, copy: true, whenFetched: true, confirmed: true })
    .extend({ opens: z.boolean().optional() }),
  'links.list': nothing,
  'links.wait': id,
  'links.handOver': z.strictObject({ id: z.string().max(100), device: z.string().max(100) }),
  'links.revoke': id,
  'ranges.link': z.strictObject({
    id: z.string().max(100),
    to: z.string().max(1000),
    lifetimeMs,
    also: z
      .array(z.url({ protocol: /^https?$/ }).max(4000))
      .max(100)
      .optional(),
  }),
  decrypt: z.strictObject({ file: path, id: z.string().max(100), folder: path }),
  status: id,
  sent: nothing,
  inbox: z.strictObject({ show: z.enum(['all', 'junk']).optional() }),
  'inbox.watch': nothing,
  get: z.strictObject({
    what: z.string().max(WHAT_LENGTH_MAX),
    folder: path,
    path: z.enum(['direct', 'webrtc', 'tunnel']).optional(),
    noWait: z.boolean().optional(),
  }),
  'get.stream': z.strictObject({
    what: z.string().max(WHAT_LENGTH_MAX),
    socket: path,
    media: text.optional(),
    path: z.enum(['direct', 'webrtc', 'tunnel']).optional(),
    noWait: z.boolean().optional(),
  }),
  pause: id,
  refuse: id,
  finger: address,
  'contacts.list': nothing,
  'contacts.add': z.strictObject({ who: z.string().max(2000), acceptChangedKey: z.string().max(100).optional() }),
  'contacts.remove': address,
  'contacts.block': address,
  'contacts.unblock': address,
  'contacts.invite': z.strictObject({ lifetimeMs }),
  'contacts.restore': nothing,
  'presence.share': z.strictObject({ share: z.enum(['all', 'presence', 'nothing']) }),
  devices: nothing,
  'devices.offer': nothing,
  'devices.await': z.strictObject({ code: z.string().max(100) }),
  'devices.confirm': z.strictObject({ code: z.string().max(100), fingerprint: z.string().max(100), yes: z.boolean() }),
  'devices.revoke': z.strictObject({ name: z.string().max(100) }),
  prefs: nothing,
  'prefs.change': z.strictObject({ edits: z.array(preferenceEdit).max(PREFERENCE_EDITS_MAX) }),
  export: z.strictObject({ file: path, passphrase: z.string().max(1000), move: z.boolean() }),
  conversations: nothing,
  conversation: z.strictObject({
    around: messageId.optional(),
    id: talkId.optional(),
    with: z.array(who).max(RECIPIENTS_MAX).optional(),
    before: messageId.optional(),
    limit: z.number().optional(),
  }),
  'talk.send': z.strictObject({
    to: z.array(who).max(RECIPIENTS_MAX),
    text: z.string().max(4 * TEXT_LENGTH_MAX),
    inReplyTo: text.optional(),
  }),
  'talk.mark': z.strictObject({ conversation: talkId, upTo: messageId }),
  'talk.typing': z.strictObject({ conversation: talkId }),
  'talk.draft': z.strictObject({ conversation: talkId, text: z.string().max(4 * TEXT_LENGTH_MAX) }),
  'talk.mute': z.strictObject({ conversation: talkId, muted: z.boolean() }),
  'talk.search': z.strictObject({ words: text, limit: z.number().optional(), conversation: talkId.optional() }),
  'talk.forget': z.strictObject({ conversation: talkId, message: messageId.optional() }),
  'talk.recall': z.strictObject({ forgotten: z.string().max(100) }),
  'talk.history': nothing,
  'talk.watch': nothing,
  'live.show': z.strictObject({
    from: path,
    piped: z.literal(true).optional(),
    to: z.array(who).max(RECIPIENTS_MAX),
    asks: z.enum(['contacts', 'anybody']).optional(),
    ackWindow: z.number().optional(),
    stillsEveryMs: z.number().optional(),
    height: z.number().optional(),
    bitsPerSecond: z.number().optional(),
    again: z.literal(true).optional(),
    sound: z.literal(false).optional(),
    record: path.optional(),
  }),
  'live.showing': nothing,
  'live.mute': z.strictObject({ muted: z.boolean() }),
  'live.capacity': nothing,
  'live.decide': z.strictObject({ user: who, decision: z.enum(['approve', 'decline', 'allow', 'kick', 'lift']) }),
  'live.watch': z.strictObject({
    user: who,
    into: path.optional(),
    stills: path.optional(),
    socket: path.optional(),
    ackWindow: z.number().optional(),
    sound: z.literal(false).optional(),
  }),
  admin: nothing,
  'admin.users': z.strictObject({ begin: z.string().max(64).optional(), after: z.string().max(64).optional() }),
  'admin.stand': z.strictObject({ name: z.string().max(64), standing: z.enum(['open', 'closed', 'removed']) }),
  'admin.invitations': nothing,
  'admin.invite': z.strictObject({ lifetimeMs }),
  'admin.revoke': z.strictObject({ tokenHash: z.string().max(100) }),
  'admin.restore': z.strictObject({ tokenHash: z.string().max(100), expires: z.string().max(100) }),
  'admin.limits': nothing,
  'admin.set': z.strictObject({
    changes: z.record(z.string().max(100), z.union([z.number(), z.string().max(100)]).nullable()),
  }),
  doctor: nothing,
  stop: nothing,
} satisfies Record<OperationName, z.ZodType>

/** Throws Trouble `malformed`. */
export function checkRequest(value: unknown): ControlRequest {
  const outer = z.strictObject({ op: z.string(), args: z.unknown() }).safeParse(value)
  if (!outer.success || !Object.hasOwn(schemas, outer.data.op)) {
    throw new Trouble('malformed', 'The agent knows no such operation.')
  }
  const op = outer.data.op as OperationName
  const args = schemas[op].safeParse(outer.data.args)
  if (args.success) return { op, args: args.data } as ControlRequest
  const field = args.error.issues[0]?.path.join('.') ?? ''
  throw new Trouble('malformed', `The agent cannot take "${field}" as it is given.`, { cause: args.error })
}
