// Calls a device on the direct path: connects, proves itself, checks the proof of the device it expected, tries for a plain lane. What
// then asks and answers is direct-path.ts. Choosing addresses and trying again are the caller's business.

import { type Socket, connect as connectTcp } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { type CallerFrame, createWireReader, DIRECT_VERSION, encodeFrame } from '@doorpost/protocol/piece-wire'
import type { Path } from '../paths/path.ts'
import { directLimits, LANE_OPEN_MS } from './direct-limits.ts'
import { createDirectPath } from './direct-path.ts'
import { callerProof, dialledProof, dialProof, listenerProof, type Sign, type Verify } from './direct-proof.ts'

export type DirectCallOptions = {
  host: string
  port: number
  /** Our own `user@domain/device` and its key. */
  address: string
  deviceKey: Uint8Array
  /** Whom we expect there. */
  expect: { address: string; deviceKey: Uint8Array }
  sign: Sign
  verify: Verify
  /** Gives up opening; once open, the path is closed by `close`. */
  signal: AbortSignal
  /** False: never ask for a plain lane. */
  lane?: boolean
}

/** Nobody there proved to be who we expected: the listener closed without a word, as it does to those not permitted, or lied. */
export class DirectRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DirectRefused'
  }
}

/** Opens a path. Rejects DirectRefused, the network's error, or the signal's reason. */
export async function openDirect(options: DirectCallOptions): Promise<Path> {
  return await connectSecurely(options, async (socket) => {
    const { address, deviceKey, expect, sign, verify } = options
    const signature = await sign('direct-caller', callerProof(socket, address))
    const hello = { type: 'caller-hello' as const, version: DIRECT_VERSION, address, deviceKey, signature }
    await proveBoth(socket, hello, listenerProof(socket, expect.address, address), { expect, verify })
    const path = createDirectPath(socket)
    if (options.lane !== false) await path.openLane(LANE_OPEN_MS)
    return path
  })
}

/**
 * Dials a listener that asked to be dialled for this attempt, and proves to be who was asked: what it says next are questions.
 * Rejects as openDirect does.
 */
export async function dialFor(attempt: Uint8Array, options: Omit<DirectCallOptions, 'lane'>): Promise<TLSSocket> {
  return await connectSecurely(options, async (socket) => {
    const { address, deviceKey, expect, sign, verify } = options
    const signature = await sign('direct-caller', dialProof(socket, attempt, address))
    const hello = { type: 'source-hello' as const, version: DIRECT_VERSION, address, deviceKey, attempt, signature }
    await proveBoth(socket, hello, dialledProof(socket, attempt, expect.address, address), { expect, verify })
    return socket
  })
}

/** TCP and TLS within the time to be proved, which `prove` has too; ends the connection when that fails. */
async function connectSecurely<T>(
  { host, port, signal }: Pick<DirectCallOptions, 'host' | 'port' | 'signal'>,
  prove: (socket: TLSSocket) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const raw = connectTcp({ host, port, noDelay: true })
  const late = AbortSignal.any([signal, AbortSignal.timeout(directLimits.authenticateMs)])
  const stop = () => raw.destroy(late.reason as Error)
  late.addEventListener('abort', stop, { once: true })
  try {
    await until(raw, 'connect')
    // The certificate is a throwaway and says nothing; the listener proves itself with its device key below.
    const socket = connectTls({ socket: raw, minVersion: 'TLSv1.3', rejectUnauthorized: false })
    socket.on('error', () => raw.destroy())
    await until(socket, 'secureConnect')
    return await prove(socket)
  } catch (error) {
    raw.destroy()
    signal.throwIfAborted()
    throw error
  } finally {
    late.removeEventListener('abort', stop)
  }
}

/** Says the hello, and checks that whoever answers signed `said` with the expected key. What came after its proof is still to be read. */
async function proveBoth(
  socket: TLSSocket,
  hello: CallerFrame,
  said: Uint8Array,
  { expect, verify }: Pick<DirectCallOptions, 'expect' | 'verify'>,
): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    const reader = createWireReader()
    let cameBefore = 0
    const onData = (chunk: Buffer) => {
      try {
        for (const event of reader.push(chunk)) {
          if (!('frame' in event) || event.frame.type !== 'listener-hello') throw new DirectRefused('not a listener')
          const { version, signature: proof } = event.frame
          if (version !== DIRECT_VERSION) throw new DirectRefused(`the listener speaks version ${version}`)
          if (!verify('direct-listener', said, proof, expect.deviceKey)) {
            throw new DirectRefused(`whoever answered is not ${expect.address}`)
          }
          socket.off('data', onData).off('close', onClose).pause()
          const rest = chunk.subarray(encodeFrame(event.frame).length - cameBefore)
          if (rest.length > 0) socket.unshift(rest)
          return resolve()
        }
        cameBefore += chunk.length
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    const onClose = () => reject(new DirectRefused('the listener closed without a word'))
    socket.on('data', onData).once('close', onClose)
  })
  socket.write(encodeFrame(hello))
  await answered
}

/** Waits for one event of a socket that is opening; rejects with what ended it instead. */
function until(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error = new DirectRefused('the listener closed without a word')
    const onError = (error: Error) => (failure = error)
    const onClose = () => reject(failure)
    socket.on('error', onError).once('close', onClose)
    socket.once(event, () => {
      socket.off('close', onClose)
      resolve()
    })
  })
}
