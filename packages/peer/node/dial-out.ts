// Dials a device that asked for it by a note, and answers its questions over that connection: for a source that nobody can dial, behind a
// router or a firewall without UDP. Who may ask is permission.ts's; what the listener there does is dial-me.ts's.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import type { PathNote } from '@doorpost/protocol/path-signal'
import type { Caller } from '../paths/path.ts'
import type { PathDoors } from '../paths/webrtc-path.ts'
import { answerQuestions } from './direct-answers.ts'
import { dialFor } from './direct-caller.ts'
import { firstToOpen, hostAndPort, type Identified } from './direct-door.ts'
import { directLimits } from './direct-limits.ts'

/** Connections at once, being dialled or open, and of those for one device and for one user: as many as webrtc has (webrtc-path.ts). */
const DIALLED_MAX = 32
const DIALLED_PER_DEVICE = 4
const DIALLED_PER_USER = DIALLED_MAX / 2
/** Addresses of one note that are dialled: two families, on two networks. */
const DIALLED_ADDRESSES = 4

export interface DialOut extends Disposable {
  begin(doors: Pick<PathDoors, 'say' | 'admits' | 'source'>): void
  /** A note whose signature by this device was verified, and which was for this device alone. Never throws; dials in its own time. */
  take(from: Omit<Caller, 'via'>, note: PathNote): void
  readonly connections: number
}

export function createDialOut(
  me: Identified & {
    /** Whether an address may be dialled because another device says so. */
    mayDial(address: string): boolean
  },
): DialOut {
  const open = new Map<string, { readonly by: DeviceAddress; readonly over: AbortController }>()
  let doors: Pick<PathDoors, 'say' | 'admits' | 'source'> | undefined

  async function dial(caller: Caller, note: PathNote, addresses: readonly string[], over: AbortSignal): Promise<void> {
    if (!doors || !(await doors.admits(caller)) || over.aborted) return
    const { attempt, message } = note
    const notDialled = (cause: unknown): never => {
      const signal = { step: 'not-dialled' } as const
      // It waits for nobody any more. Which of its addresses failed how, it knows better than we do.
      if (!over.aborted) doors?.say(caller.address as DeviceAddress, { note: 'path', attempt, message, signal })
      throw cause
    }
    const { address, deviceKey, sign, verify } = me
    const proof = { address, deviceKey, sign, verify, expect: caller }
    const { socket } = await firstToOpen(
      addresses.map((written) => async (signal: AbortSignal) => {
        const dialled = await dialFor(fromBase64url(attempt), { ...proof, ...hostAndPort(written), signal })
        return { socket: dialled, close: () => void dialled.destroy() }
      }),
      over,
    ).catch(notDialled)
    const ended = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
    const end = () => void socket.destroy()
    over.addEventListener('abort', end, { once: true })
    if (over.aborted) end()
    if (socket.closed) return
    answerQuestions({ socket, caller, source: doors.source, limits: directLimits, grantLane: () => undefined })
    await ended
    over.removeEventListener('abort', end)
  }

  return {
    begin(given) {
      doors = given
    },
    take(from, note) {
      const { attempt, signal } = note
      if (signal.step !== 'dial') return
      const by = from.address as DeviceAddress
      const { user } = splitDevice(by)
      const key = `${by} ${attempt}`
      const asked = [...open.values()]
      const addresses = signal.addresses.filter(me.mayDial).slice(0, DIALLED_ADDRESSES)
      if (open.has(key) || open.size >= DIALLED_MAX || addresses.length === 0) return
      if (asked.filter((one) => one.by === by).length >= DIALLED_PER_DEVICE) return
      if (asked.filter((one) => splitDevice(one.by).user === user).length >= DIALLED_PER_USER) return
      const over = new AbortController()
      open.set(key, { by, over })
      const done = () => void open.delete(key)
      dial({ ...from, via: 'direct' }, note, addresses, over.signal).then(done, done)
    },
    get connections() {
      return open.size
    },
    [Symbol.dispose]() {
      for (const { over } of open.values()) over.abort(new Error('the device is closing'))
    },
  }
}
