// Peer-to-peer connections for frames: a viewer's device offers one in a signed and sealed note, the broadcaster's answers if it lets that
// viewer watch and may be seen by it. Connections themselves are those of media (paths/webrtc-attempt.ts); what goes over them is
// peer-channel.ts's.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import type { LivePathNote } from '@doorpost/protocol/note'
import type { PathSignal } from '@doorpost/protocol/path-signal'
import type { Caller } from '../paths/path.ts'
import { type Attempt, type AttemptOptions, offerAndOpen, startAttempt } from '../paths/webrtc-attempt.ts'
import type { RtcChannel } from '../paths/webrtc-connection.ts'
import type { Random } from '../random.ts'
import { openPeerChannel, type PeerChannel } from './peer-channel.ts'

/** Connections for frames at once, being opened or open: what a broadcaster keeps warm, and what it watches itself. */
export const LIVE_CONNECTIONS_MAX = 8
/** Of those, with one device: the one in use, and one that takes its place after a change of network. */
const WITH_ONE_DEVICE_MAX = 2
/** And with all devices of one user: half of all, so that whoever watches on many leaves room for the others, and for what is watched here. */
const WITH_ONE_USER_MAX = LIVE_CONNECTIONS_MAX / 2
/** Bytes that may come and wait: a window of frames. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024

/** A device, by a signature of its own that was verified. */
export type ProvedDevice = Omit<Caller, 'via'>

export interface LivePathDoors {
  /** Signs, seals and sends a note to one device. */
  say(to: DeviceAddress, note: LivePathNote): void
  /** Whether that device may see this one's addresses. */
  admits(caller: Caller): Promise<boolean>
  /** Whether this device shows that broadcast, and to that viewer. */
  mayWatch(viewer: ProvedDevice, broadcast: string): boolean
  onChannel(viewer: DeviceAddress, broadcast: string, channel: PeerChannel): void
}

export interface LivePaths extends Disposable {
  /** Once, before anything is opened or taken. */
  begin(doors: LivePathDoors): void
  /** Asks the broadcaster's device. Rejects when it is not permitted, did not open in time, or the signal says so. */
  open(broadcaster: ProvedDevice, broadcast: string, signal: AbortSignal): Promise<PeerChannel>
  /** Never throws; answers in its own time, or not at all. */
  take(from: ProvedDevice, note: LivePathNote): void
}

export function createLivePaths(options: AttemptOptions & { readonly random: Random }): LivePaths {
  const { clock, random } = options
  const attempts = new Map<string, Attempt>()
  let doors: LivePathDoors | undefined
  let isClosed = false

  function start(id: string, who: Pick<Attempt, 'with' | 'role'>): Attempt {
    const key = `${who.with} ${id}`
    const attempt = startAttempt(who, options, () => attempts.delete(key))
    attempts.set(key, attempt)
    return attempt
  }
  const channelOf = (attempt: Attempt, channel: RtcChannel) =>
    openPeerChannel(attempt.carry(channel, UNREAD_BYTES_MAX), clock)
  const hasRoom = () => !isClosed && attempts.size < LIVE_CONNECTIONS_MAX

  async function open(broadcaster: ProvedDevice, broadcast: string, signal: AbortSignal): Promise<PeerChannel> {
    signal.throwIfAborted()
    const address = broadcaster.address as DeviceAddress
    if (!doors || !hasRoom()) throw new Error('no peer-to-peer connection can be opened now')
    const { say, admits } = doors
    if (!(await admits({ ...broadcaster, via: 'webrtc' }))) throw new Error('not permitted')
    const id = toBase64url(random(16))
    const attempt = start(id, { with: address, role: 'asks' })
    const tell = (what: PathSignal) => say(address, { note: 'live-path', broadcast, attempt: id, signal: what })
    return channelOf(attempt, await offerAndOpen(attempt, tell, signal))
  }

  async function answer(attempt: Attempt, viewer: ProvedDevice, note: LivePathNote): Promise<void> {
    const { signal: offer, attempt: id, broadcast } = note
    if (!doors || offer.step !== 'offer') return
    const { say, admits, onChannel } = doors
    if (!(await admits({ ...viewer, via: 'webrtc' }))) return attempt.end('not permitted')
    const tell = (signal: PathSignal) => say(attempt.with, { note: 'live-path', broadcast, attempt: id, signal })
    const connection = await attempt.connect(tell)
    const description = await connection.answer(offer.description)
    const candidates = await attempt.candidates()
    if (!attempts.has(`${attempt.with} ${id}`)) return
    tell({ step: 'answer', description, candidates })
    onChannel(attempt.with, broadcast, channelOf(attempt, await attempt.channel))
  }

  return {
    begin(given) {
      doors = given
    },
    open,
    take(from, note) {
      const { signal } = note
      const address = from.address as DeviceAddress
      const known = attempts.get(`${address} ${note.attempt}`)
      if (known && signal.step !== 'offer') return known.hear(signal)
      const answered = [...attempts.values()].filter(({ role }) => role === 'answers')
      const withIt = answered.filter((one) => one.with === address)
      const withUser = answered.filter((one) => splitDevice(one.with).user === splitDevice(address).user)
      // Silence to all others: not watching and not permitted look the same.
      if (known || signal.step !== 'offer' || !hasRoom() || withIt.length >= WITH_ONE_DEVICE_MAX) return
      if (withUser.length >= WITH_ONE_USER_MAX) return
      if (!doors?.mayWatch(from, note.broadcast)) return
      const attempt = start(note.attempt, { with: address, role: 'answers' })
      attempt.hear({ step: 'more', candidates: signal.candidates })
      answer(attempt, from, note).catch((error: unknown) =>
        attempt.end(error instanceof Error ? error.message : String(error)),
      )
    },
    [Symbol.dispose]() {
      isClosed = true
      for (const attempt of [...attempts.values()]) attempt.end('the device is closing')
    },
  }
}
