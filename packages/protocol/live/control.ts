// Control data: everything about a broadcast but its frames. Always over a server connection, as requests of a logged-in device and as
// pushes to its sessions; one schema a message, one sentence on who sends it and when. What it all adds up to: SPEC, section LVS.

import { z } from 'zod'
import { userAddressSchema } from '../device-list.ts'
import { deviceAddressSchema } from '../handle.ts'
import { base64urlOf } from '../signature.ts'
import { ACK_WINDOW_MAX, FRAMES_PER_SECOND_MAX, TEMPORAL_LAYERS_MAX, VIEWERS_TOLD_MAX } from './limits.ts'
import { PICTURE_CODECS } from './picture-codec.ts'

/** Subprotocol of a frame connection (GET /live), offered together with `ticket.TICKET`. */
export const FRAMES_SUBPROTOCOL = 'doorpost.live.v1'
export const FRAMES_PATH = '/live'
/** Prefix of the second subprotocol, which is the ticket: a browser's WebSocket can say nothing else at its opening. */
export const TICKET_PREFIX = 'ticket.'

/** Drawn by the broadcaster's device; the same after it has lost its session or connection, another after a reload without memory. */
export const broadcastIdSchema = base64urlOf(16)
/** Drawn by the server: one device's watching of one broadcast. */
export const watchIdSchema = base64urlOf(16)
/** Opens frame connections: good as long as what it was given for and the login that got it; the newest connection takes the place of one before. */
const ticketSchema = base64urlOf(32)

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const side = z.int().min(16).max(8_192)
const ackWindow = z.int().min(1).max(ACK_WINDOW_MAX)

/** A codec as WebCodecs names it: `avc1.42E01F`, `vp8`, `av01.0.04M.08`, `opus`. */
const codec = z
  .string()
  .max(40)
  .regex(/^[a-z0-9]+(?:[.-][a-zA-Z0-9]+)*$/)

/** What is sent, as far as viewers must know it before the first frame, and the server to reserve room for it. */
export const formatSchema = z.strictObject({
  /** Absent: no moving pictures. */
  picture: z
    .strictObject({
      codec,
      width: side,
      height: side,
      framesPerSecond: z.int().min(1).max(FRAMES_PER_SECOND_MAX),
      layers: z.int().min(1).max(TEMPORAL_LAYERS_MAX),
    })
    .optional(),
  /** JPEG; made only while sinks say that stills are wanted. Absent: the broadcaster cannot. */
  still: z.strictObject({ width: side, height: side, everyMs: z.int().min(100).max(60_000) }).optional(),
  audio: z
    .strictObject({ codec, channels: z.int().min(1).max(2), sampleRateHz: z.int().min(8_000).max(96_000) })
    .optional(),
  /** Bytes a second that each of them comes to at most; what a server connection is reserved for. */
  bytesPerSecond: z.strictObject({ pictures: count, stills: count, audio: count }),
})
export type LiveFormat = z.infer<typeof formatSchema>

/** What server connections for frames may use, and use now: of the whole server. A picture goes over them only while used < most. */
export const capacitySchema = z.strictObject({
  bytesPerSecondMax: count,
  bytesPerSecond: count,
  /** Reserved for viewers who were let in, bytes a second. */
  reservedBytesPerSecond: count,
  connectionsMax: count,
  connections: count,
})
export type LiveCapacity = z.infer<typeof capacitySchema>

/**
 * Where pictures go now. `server`: to the frame connection. `peer`: to the peer-to-peer connection of `watch`. `both`: the same frames to both
 * while one takes over from the other, about a round trip. `none`: nobody watches. Sound goes where pictures go.
 */
export const sinksSchema = z.strictObject({
  /** Grows with every change; a sinks message with a lower one is old. */
  turn: count,
  pictures: z.enum(['none', 'server', 'peer', 'both']),
  /** Whose peer-to-peer connection is used, or is kept open, idle and checked. */
  watch: watchIdSchema.optional(),
  /** Somebody gets stills: make them, and send them to the frame connection. */
  stills: z.boolean(),
})
export type Sinks = z.infer<typeof sinksSchema>

/** SEND /live: the broadcaster's device, to start, to come back after its session was lost, and when the format changes. */
export const startSchema = z.strictObject({
  broadcast: broadcastIdSchema,
  /** Whose requests are passed on: those of mutual contacts and the approved, or anybody's. */
  asks: z.enum(['contacts', 'anybody']).default('contacts'),
  format: formatSchema,
  /** Most pictures unacknowledged by any one viewer; 1 is strict. Absent: by the round trip. */
  ackWindow: ackWindow.optional(),
  /** Fewer viewers than the server would let in. */
  viewersMax: z.int().min(1).max(100_000).optional(),
})
export type Start = z.infer<typeof startSchema>

/** The answer to SEND /live (200), and to RETRIEVE /live/BROADCAST. */
export const startedSchema = z.strictObject({
  broadcast: broadcastIdSchema,
  ticket: ticketSchema,
  sinks: sinksSchema,
  viewersMax: count,
  capacity: capacitySchema,
})
export type Started = z.infer<typeof startedSchema>

/** SEND /live/BROADCAST/decisions: the broadcaster's device, about a user, whether they asked already or not. */
export const decisionSchema = z.strictObject({
  user: userAddressSchema,
  /** `approve` holds across reconnections; `decline` ends what they asked now; `kick` ends it and holds until `lift` or `approve`. */
  decision: z.enum(['approve', 'decline', 'kick', 'lift']),
})
export type Decision = z.infer<typeof decisionSchema>

/** SEND /live/BROADCAST/paths: the broadcaster's device, when its peer-to-peer connection with a viewer opens or is lost. */
export const broadcasterPathSchema = z.strictObject({ watch: watchIdSchema, up: z.boolean() })

/** LIST /live: any logged-in device asks for the server's room for live pictures and for the broadcasts of its own user. */
export const liveListSchema = z.strictObject({
  capacity: capacitySchema,
  broadcasts: z.array(z.strictObject({ broadcast: broadcastIdSchema, device: deviceAddressSchema, viewers: count })),
})
export type LiveList = z.infer<typeof liveListSchema>

/** SEND /watches: a viewer's device asks to watch whatever a user shows, or one broadcast of theirs. */
export const askSchema = z.strictObject({
  user: userAddressSchema,
  broadcast: broadcastIdSchema.optional(),
  ackWindow: ackWindow.optional(),
  /** `stills`: this device decodes nothing else, or wants to save. */
  pictures: z.enum(['moving', 'stills']).default('moving'),
  /** What it decodes; while pictures are in another codec it gets stills. Absent: it takes what comes. */
  decodes: z.array(z.enum(PICTURE_CODECS)).max(PICTURE_CODECS.length).optional(),
  audio: z.boolean().default(true),
})
export type Ask = z.infer<typeof askSchema>

/** SEND /watches/WATCH: the viewer's device changes what it gets, or needs a key frame (over a frame connection the acknowledgement says so). */
export const wantSchema = z.strictObject({
  pictures: z.enum(['moving', 'stills']).optional(),
  audio: z.boolean().optional(),
  ackWindow: ackWindow.optional(),
  keyFrame: z.literal(true).optional(),
})
export type Want = z.infer<typeof wantSchema>

/** SEND /watches/WATCH/path: the viewer's device, when its peer-to-peer connection with the broadcaster opens or is lost. */
export const viewerPathSchema = z.strictObject({ up: z.boolean() })

export const watchOverReasons = [
  /** The broadcaster said no, or kicked. */
  'declined',
  'kicked',
  /** Nobody answered the request, or nothing is shown: a stranger is told no more than that. */
  'unanswered',
  'no-room',
  'ended',
  'left',
  /** The viewer's line was gone for too long, or its login ended. */
  'gone',
  'draining',
] as const

/** Where a watch stands. */
export const watchStateSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('asked') }),
  z.strictObject({
    state: z.literal('pending'),
    /** `capacity`, `connections`: of the server. `viewers`: of the broadcast. `peer-to-peer-only`: the server relays nothing. `line`: open the frame connection. */
    reason: z.enum(['capacity', 'connections', 'viewers', 'peer-to-peer-only', 'line']),
  }),
  z.strictObject({
    state: z.literal('watching'),
    pictures: z.enum(['moving', 'stills']),
    path: z.enum(['server', 'peer']),
  }),
  z.strictObject({ state: z.literal('over'), reason: z.enum(watchOverReasons) }),
])
export type WatchState = z.infer<typeof watchStateSchema>

/** The answer to SEND /watches (202), and to RETRIEVE /watches/WATCH. */
export const watchSchema = z.strictObject({
  watch: watchIdSchema,
  standing: watchStateSchema,
  /** From approval on: whose device, which broadcast, what it sends, how to open the frame connection, how many watch. */
  approved: z
    .strictObject({
      broadcaster: deviceAddressSchema,
      broadcast: broadcastIdSchema,
      format: formatSchema,
      ticket: ticketSchema,
      viewers: count,
      capacity: capacitySchema,
    })
    .optional(),
})
export type Watch = z.infer<typeof watchSchema>

/** Pushed to the viewer's device whenever something of it changes; counts and capacity alone at most once a second. */
export const watchPushSchema = z.strictObject({ kind: z.literal('watch'), ...watchSchema.shape })

/** Pushed to the broadcaster's device when somebody asks who is not approved, and again when its session comes back. */
export const liveAskPushSchema = z.strictObject({
  kind: z.literal('live-ask'),
  broadcast: broadcastIdSchema,
  watch: watchIdSchema,
  viewer: deviceAddressSchema,
  /** A mutual contact. */
  contact: z.boolean(),
})

/** Pushed to the broadcaster's device when where frames go changes, and when its session comes back. */
export const liveSinksPushSchema = z.strictObject({
  kind: z.literal('live-sinks'),
  broadcast: broadcastIdSchema,
  sinks: sinksSchema,
})

/** Pushed to the broadcaster's device when a viewer needs a key frame to go on. */
export const liveKeyFramePushSchema = z.strictObject({
  kind: z.literal('live-key-frame'),
  broadcast: broadcastIdSchema,
})

/** Pushed to the broadcaster's device when viewers come, go or change, at most once a second. */
export const liveViewersPushSchema = z.strictObject({
  kind: z.literal('live-viewers'),
  broadcast: broadcastIdSchema,
  /** All who were approved and are here, also where fewer are listed. */
  count,
  viewers: z
    .array(
      z.strictObject({
        watch: watchIdSchema,
        viewer: deviceAddressSchema,
        standing: watchStateSchema,
        /** What the server connection took in the last second, and what it was seen to be able to, bytes a second; 0: not known yet. */
        bytesPerSecond: count,
        lineBytesPerSecond: count,
        /** Pictures this viewer skipped since it came. */
        skipped: count,
      }),
    )
    .max(VIEWERS_TOLD_MAX),
  /** All who were approved and want moving pictures, also where fewer are listed, and of those how many decode each codec. */
  decoders: z.strictObject({ moving: count, h264: count, vp8: count, av1: count }),
  capacity: capacitySchema,
})
export type LiveViewersPush = z.infer<typeof liveViewersPushSchema>

/** Pushed to the broadcaster's device when its broadcast was ended by anything but its own REMOVE. */
export const liveOverPushSchema = z.strictObject({
  kind: z.literal('live-over'),
  broadcast: broadcastIdSchema,
  reason: z.enum(['gone', 'logged-out', 'draining', 'replaced']),
})

export const livePushSchemas = [
  watchPushSchema,
  liveAskPushSchema,
  liveSinksPushSchema,
  liveKeyFramePushSchema,
  liveViewersPushSchema,
  liveOverPushSchema,
] as const
export type LivePush = z.infer<(typeof livePushSchemas)[number]>
