// The answering end of the tunnel: takes requests as the server hands them over, believes those that were signed for this device
// by whoever may have what they ask for, and answers each path's in order. About all others it is silent, as a device is that
// is away (promise 6). Portable.

import { type DeviceAddress, isDeviceAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import { slotOfHolder } from '@doorpost/protocol/grant'
import { CLOCK_SKEW_MS } from '@doorpost/protocol/limits'
import { createWireReader } from '@doorpost/protocol/piece-wire'
import { openTunnelRequest, TUNNEL_REQUEST_LIFE_MS } from '@doorpost/protocol/tunnel-request'
import { base64 } from '@scure/base'
import type { Clock } from '../clock.ts'
import type { Grants } from '../send/grants.ts'
import type { Line } from '../session/line.ts'
import type { Caller, MediaRef, Source } from './path.ts'
import { type AnswerUnderWay, answerThrough } from './tunnel-answer.ts'
import { REQUESTS_IN_FLIGHT_MAX } from './tunnel-carrier.ts'
import type { CollectedRequest, TunnelHttp } from './tunnel-http.ts'

/** How long a path's number is remembered after its last request, ms: nothing older is good any more. */
const REMEMBERED_MS = TUNNEL_REQUEST_LIFE_MS + 2 * CLOCK_SKEW_MS
/** Paths remembered; only those who may have something make one. */
const PATHS_MAX = 4096
/** Of these, one device's: its oldest goes, so that nobody can keep others out. */
const PATHS_PER_REQUESTER_MAX = 64
/** Answers under way on all paths: each lends two pieces and prepares two. */
const ANSWERS_MAX = 16
/** Of these, one device's: one that stands still does not keep others waiting. */
const ANSWERS_PER_REQUESTER_MAX = 8
/** Requests looked at in the same moment, each for a signature: as many as the server holds for one device. */
const LOOKED_AT_MAX = 64
/** Different media one request may ask for. */
const MEDIA_PER_REQUEST_MAX = 16
/** Wait before collecting again after it failed, ms. */
const COLLECT_AGAIN_MS = 5_000

export interface TunnelServeOptions {
  readonly http: TunnelHttp
  readonly line: Pick<Line, 'onPush'>
  /** The line pushes nothing: requests are collected by long poll. */
  readonly polls?: boolean
  readonly address: DeviceAddress
  readonly source: Source
  /** Those who hold a link and have no account; without it they meet silence. */
  readonly grants?: Pick<Grants, 'meet'>
  readonly clock: Clock
  onFault(error: unknown): void
}

interface Due {
  readonly id: string
  /** The first try met a proxy that does not let answers stream. */
  readonly isAgain?: true
  readonly ask: Uint8Array
  readonly questions: number
  readonly caller: Caller
  readonly source: Source
}

interface ServedPath {
  /** The number that comes next. */
  next: number
  lastMs: number
  isRunning: boolean
  readonly due: Map<number, Due>
}

/** Serves until closed. */
export function serveTunnel(options: TunnelServeOptions): { close(): Promise<void> } {
  const { http, line, address, source, grants, clock, onFault } = options
  const closing = new AbortController()
  const paths = new Map<string, ServedPath>()
  /** With who asked. */
  const answers = new Map<AnswerUnderWay, string>()
  let lookedAt = 0
  let freed: (() => void)[] = []

  async function take({ id, requester, bytes }: CollectedRequest): Promise<void> {
    if (closing.signal.aborted || lookedAt >= LOOKED_AT_MAX) return
    lookedAt++
    try {
      const opened = openTunnelRequest(bytes)
      if (!opened) return
      const { request, signed } = opened
      const ageMs = clock.nowMs() - Date.parse(request.time)
      const isTimely = ageMs <= TUNNEL_REQUEST_LIFE_MS + CLOCK_SKEW_MS && ageMs >= -CLOCK_SKEW_MS
      if (request.from !== requester || request.to !== address || !isTimely) return
      const ask = fromBase64url(request.ask)
      const asked = questionsOf(ask, request.message.id)
      if (!asked) return
      // Whoever asks waits for it.
      http.ready?.()
      const caller: Caller = {
        address: requester,
        deviceKey: fromBase64url(signed.key),
        via: 'tunnel',
        ...(request.grant && { grant: request.grant }),
      }
      // Others than link holders wait for nothing more than they did.
      const mayHoldLink = slotOfHolder(requester) !== undefined && request.message.from === address
      const welcome = mayHoldLink ? await grants?.meet(caller, request.message.id) : undefined
      if (welcome === 'silent') return
      const answering = welcome === 'refuse' ? refusing : source
      for (const media of asked.media) if (welcome !== 'refuse' && !(await mayHave(caller, media))) return
      const key = `${requester} ${request.path}`
      const path = paths.get(key) ?? begun(requester, key, request.number)
      if (!path || request.number < path.next || request.number >= path.next + REQUESTS_IN_FLIGHT_MAX) return
      path.lastMs = clock.nowMs()
      // The same number again: the server gave up holding the first before its turn came.
      path.due.set(request.number, { id, ask, questions: asked.questions, caller, source: answering })
      if (!path.isRunning) void run(path).catch(onFault)
    } finally {
      lookedAt--
    }
  }

  async function mayHave(caller: Caller, media: MediaRef): Promise<boolean> {
    return (await source.list(caller, media, closing.signal)).state !== 'refused'
  }

  /** Only with its first request: what a path said before it was forgotten may be said again by nobody. */
  function begun(requester: DeviceAddress, key: string, number: number): ServedPath | undefined {
    if (number !== 0) return undefined
    const nowMs = clock.nowMs()
    for (const [old, { lastMs, isRunning }] of paths) {
      if (!isRunning && nowMs - lastMs > REMEMBERED_MS) paths.delete(old)
    }
    const theirs = [...paths].filter(([old]) => old.startsWith(`${requester} `))
    const idle = theirs.find(([, { isRunning }]) => !isRunning)
    if (theirs.length >= PATHS_PER_REQUESTER_MAX && idle) paths.delete(idle[0])
    else if (theirs.length >= PATHS_PER_REQUESTER_MAX || paths.size >= PATHS_MAX) return undefined
    const path: ServedPath = { next: 0, lastMs: nowMs, isRunning: false, due: new Map() }
    paths.set(key, path)
    return path
  }

  function isCrowdedFor(requester: string): boolean {
    const theirs = [...answers.values()].filter((one) => one === requester).length
    return answers.size >= ANSWERS_MAX || theirs >= ANSWERS_PER_REQUESTER_MAX
  }

  /** One after the other: pieces prepared for a later answer must not take the room that an earlier one needs. */
  async function run(path: ServedPath): Promise<void> {
    path.isRunning = true
    try {
      for (let due = path.due.get(path.next); due && !closing.signal.aborted; due = path.due.get(path.next)) {
        const { address: requester } = due.caller
        while (isCrowdedFor(requester)) await new Promise<void>((resolve) => freed.push(resolve))
        if (closing.signal.aborted) return
        const number = path.next++
        // Renewed while it waited.
        const taken = path.due.get(number) ?? due
        path.due.delete(number)
        const { id, isAgain, ...answer } = taken
        const upload = http.answer(id)
        const underWay = answerThrough({ ...answer, upload, clock })
        answers.set(underWay, requester)
        const over = upload.done.then(
          () => undefined,
          (error: unknown) => error,
        )
        const settled = over.then((error) => {
          answers.delete(underWay)
          const woken = freed
          freed = []
          for (const wake of woken) wake()
          if (error === undefined || path.next !== number + 1) return
          // It may be asked again under its number.
          path.next = number
          // Something on the way takes no such bodies: the server has not seen a byte of it, and waits.
          if (isAgain || !(error instanceof Refusal) || error.code !== 'too-large') return
          path.due.set(number, { ...taken, isAgain: true })
          if (!path.isRunning) void run(path).catch(onFault)
        })
        if (!(await underWay.written)) await settled
      }
    } finally {
      path.isRunning = false
      path.lastMs = clock.nowMs()
    }
  }

  async function collectAll(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const collected = await http.collect(closing.signal)
        if (collected) take(collected).catch(onFault)
      } catch {
        // No line, or no login: the device says so already.
        if (!closing.signal.aborted) await new Promise<void>((resolve) => clock.after(COLLECT_AGAIN_MS, resolve))
      }
    }
  }

  const stopPushes = line.onPush((push) => {
    if (push.kind !== 'pipe' || !isDeviceAddress(push.requester)) return
    const bytes = bytesOf(push.request)
    if (bytes) take({ id: push.id, requester: push.requester, bytes }).catch(onFault)
  })
  if (options.polls) void collectAll()

  return {
    async close() {
      closing.abort(new Error('the device is closing'))
      stopPushes()
      for (const answer of answers.keys()) answer.abort(new Error('the device is closing'))
    },
  }
}

/** For a link holder whose link is over or another's: they proved it, and are told. */
const refusing: Source = {
  list: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
}

/** Undefined for what is no base64 to the last bit, whatever a server's own reading of it takes. */
function bytesOf(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text)
  } catch {
    return undefined
  }
}

/** How many questions there are and about which media; undefined where there is anything else, or another message's. */
function questionsOf(ask: Uint8Array, messageId: string): { questions: number; media: MediaRef[] } | undefined {
  const media = new Map<string, MediaRef>()
  let questions = 0
  try {
    for (const event of createWireReader().push(ask)) {
      if (!('frame' in event) || !('messageId' in event.frame) || event.frame.messageId !== messageId) return undefined
      const { root } = event.frame
      media.set(toBase64url(root), { messageId, root })
      questions++
    }
  } catch {
    return undefined
  }
  if (questions === 0 || media.size > MEDIA_PER_REQUEST_MAX) return undefined
  return { questions, media: [...media.values()] }
}
