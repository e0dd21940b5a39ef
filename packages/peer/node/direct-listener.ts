// Listens for the direct path: takes connections within limits, tells TLS from plain lanes by the first byte, lets a caller prove itself
// and proves itself to permitted callers only. Answering questions is direct-answers.ts's; who is permitted is its owner's.
//
//   connecting -> 0x16: TLS 1.3 -> hello, signature and permission fine -> our proof -> answers
//                                  of a source we asked to dial         -> our proof -> we ask, it answers (dial-me.ts)
//                                  anything else                        -> closed without a word
//              -> lane magic: id and MAC of a lane we granted           -> joins its TLS connection

import { constants, randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { createSecureContext, TLSSocket } from 'node:tls'
import { sameBytes } from '@doorpost/protocol/bytes'
import {
  type CallerFrame,
  createWireReader,
  DIRECT_VERSION,
  encodeFrame,
  type Frame,
  LANE_ID_BYTES,
  LANE_MAGIC,
  LANE_PREFACE_BYTES,
} from '@doorpost/protocol/piece-wire'
import type { Caller, Source } from '../paths/path.ts'
import { throwawayCertificate } from './certificate.ts'
import { type Answers, answerQuestions } from './direct-answers.ts'
import { type DirectLimits, directLimits } from './direct-limits.ts'
import {
  callerProof,
  dialledProof,
  dialProof,
  laneMac,
  listenerProof,
  sameMac,
  type Sign,
  type Verify,
} from './direct-proof.ts'
import { type Interfaces, isPrivateLine, isSameLine } from './private-line.ts'
import { lineOf } from './socket-line.ts'

/** First byte of every TLS connection: a handshake record (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16

export type DirectListenerOptions = {
  /** `127.0.0.1`, `::` for all. */
  host: string
  /** 0 for any free one. */
  port: number
  /** This device's address, `user@domain/device`. */
  address: string
  sign: Sign
  verify: Verify
  /** Whether this key is that device's and it may reach us directly. Asked only after the caller proved to hold the key. */
  permit(caller: Caller): Promise<boolean>
  source: Source
  /** Whether that device was asked to dial for this attempt, which it may once; what then takes the connection over. Without it nobody was. */
  redeem?(attempt: Uint8Array, from: Caller): ((socket: TLSSocket) => void) | undefined
  limits?: Partial<DirectLimits>
  /** False: never a plain lane. */
  lane?: boolean
  interfaces?: () => Interfaces
  /** Somebody was sent away. For logs; tell nobody else. */
  onRefused?(remoteHost: string, why: RefusedWhy): void
}

/** too-many: a limit. not-proved: no or a wrong signature in time. not-permitted: `permit` said no. broke-protocol: nonsense. */
export type RefusedWhy = 'too-many' | 'not-proved' | 'not-permitted' | 'broke-protocol'

export interface DirectListener extends AsyncDisposable {
  readonly host: string
  readonly port: number
  counts(): { connections: number; unproved: number; callers: number; lanes: number }
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

type Hello = Extract<CallerFrame, { type: 'caller-hello' | 'source-hello' }>
type Lane = { mac: Uint8Array; remoteHost: string; join(socket: Socket): void }

/** Listens. Rejects with the system's error when the port is taken. */
export async function listenDirect(options: DirectListenerOptions): Promise<DirectListener> {
  const limits = { ...directLimits, ...options.limits }
  const { keyPem, certificatePem } = await throwawayCertificate(Date.now())
  const secureContext = createSecureContext({
    key: keyPem,
    cert: certificatePem,
    minVersion: 'TLSv1.3',
    // No tickets (DESIGN section 4): every connection proves itself anew.
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
  const open = new Map<Socket, string>()
  const unproved = new Set<Socket>()
  const callers = new Set<Answers>()
  const lanes = new Map<string, Lane>()
  let joined = 0
  const server = createServer({ noDelay: true })
  const refuse = (socket: Socket, why: RefusedWhy) => {
    socket.destroy()
    options.onRefused?.(open.get(socket) ?? '', why)
  }

  server.on('connection', (socket) => {
    const host = socket.remoteAddress ?? ''
    socket.on('error', () => socket.destroy())
    const fromThere = [...open.values()].filter((other) => other === host).length
    if (
      open.size >= limits.connections ||
      fromThere >= limits.connectionsPerAddress ||
      unproved.size >= limits.unproved
    ) {
      options.onRefused?.(host, 'too-many')
      return socket.destroy()
    }
    open.set(socket, host)
    unproved.add(socket)
    const late = setTimeout(() => refuse(socket, 'not-proved'), limits.authenticateMs)
    const proved = () => {
      clearTimeout(late)
      unproved.delete(socket)
    }
    socket.once('close', () => {
      proved()
      open.delete(socket)
    })
    socket.once('readable', () => {
      const [first] = peek(socket)
      if (first === TLS_HANDSHAKE) void secure(socket, proved)
      else if (first === LANE_MAGIC[0]) joinLane(socket, proved)
      else refuse(socket, 'not-proved')
    })
  })

  const secure = async (raw: Socket, proved: () => void): Promise<void> => {
    const socket = new TLSSocket(raw, { isServer: true, secureContext })
    socket.on('error', () => raw.destroy())
    socket.once('close', () => raw.destroy())
    socket.once('secure', () => {
      const reader = createWireReader()
      let hello: Hello | undefined
      socket.on('data', onData)
      function onData(chunk: Buffer) {
        try {
          for (const event of reader.push(chunk)) {
            // One hello, and nothing after it until we have answered.
            if (hello || !('frame' in event) || !isHello(event.frame)) return refuse(raw, 'broke-protocol')
            hello = event.frame
          }
        } catch {
          return refuse(raw, 'broke-protocol')
        }
        if (!hello) return
        socket.off('data', onData).pause()
        void admit(raw, socket, hello, proved).catch(() => refuse(raw, 'not-permitted'))
      }
    })
  }

  const admit = async (raw: Socket, socket: TLSSocket, hello: Hello, proved: () => void): Promise<void> => {
    const refuseAtMs = performance.now() + limits.refuseAfterMs
    const caller: Caller = { address: hello.address, deviceKey: hello.deviceKey, via: 'direct' }
    const signed =
      hello.version === DIRECT_VERSION &&
      options.verify('direct-caller', provedBy(socket, hello), hello.signature, hello.deviceKey)
    const permitted = signed && (await options.permit(caller).catch(() => false))
    if (raw.destroyed) return
    const takeOver = permitted && hello.type === 'source-hello' ? options.redeem?.(hello.attempt, caller) : undefined
    if (!permitted || (hello.type === 'source-hello' && !takeOver)) {
      // One moment for all refusals: unknown, not permitted and not proved cannot be told apart.
      setTimeout(
        () => refuse(raw, signed ? 'not-permitted' : 'not-proved'),
        Math.max(0, refuseAtMs - performance.now()),
      )
      return
    }
    const said =
      hello.type === 'source-hello'
        ? dialledProof(socket, hello.attempt, options.address, hello.address)
        : listenerProof(socket, options.address, hello.address)
    const signature = await options.sign('direct-listener', said)
    if (raw.destroyed) return
    proved()
    if (takeOver) {
      socket.write(encodeFrame({ type: 'listener-hello', version: DIRECT_VERSION, signature }))
      return takeOver(socket)
    }
    const grantLane = (frame: Extract<CallerFrame, { type: 'want-lane' }>, join: (lane: Socket) => void) => {
      const mine = lineOf(socket)
      const theirs = {
        localHost: frame.callerHost,
        localPort: frame.callerPort,
        remoteHost: frame.listenerHost,
        remotePort: frame.listenerPort,
      }
      if (options.lane === false || !isSameLine(mine, theirs)) return undefined
      if (!isPrivateLine(mine, (options.interfaces ?? networkInterfaces)())) return undefined
      const id = randomBytes(LANE_ID_BYTES)
      const key = id.toString('hex')
      lanes.set(key, { mac: laneMac(socket, id), remoteHost: mine.remoteHost, join })
      const expire = setTimeout(() => lanes.delete(key), limits.authenticateMs)
      socket.once('close', () => {
        clearTimeout(expire)
        lanes.delete(key)
      })
      return id
    }
    const answers = answerQuestions({ socket, caller, source: options.source, limits, grantLane })
    callers.add(answers)
    socket.once('close', () => callers.delete(answers))
    socket.write(encodeFrame({ type: 'listener-hello', version: DIRECT_VERSION, signature }))
    socket.resume()
  }

  const joinLane = (socket: Socket, proved: () => void) => {
    let preface = Buffer.alloc(0)
    const more = () => {
      for (let chunk = socket.read() as Buffer | null; chunk; chunk = socket.read() as Buffer | null) {
        preface = Buffer.concat([preface, chunk])
        if (preface.length > LANE_PREFACE_BYTES) return refuse(socket, 'broke-protocol')
      }
      if (preface.length < LANE_PREFACE_BYTES) return void socket.once('readable', more)
      const magic = preface.subarray(0, LANE_MAGIC.length)
      const id = preface.subarray(magic.length, magic.length + LANE_ID_BYTES)
      const mac = preface.subarray(magic.length + LANE_ID_BYTES)
      const lane = lanes.get(id.toString('hex'))
      // One use, also for a wrong MAC: nobody gets to try.
      lanes.delete(id.toString('hex'))
      if (!lane || !sameBytes(magic, LANE_MAGIC) || !sameMac(mac, lane.mac)) return refuse(socket, 'not-proved')
      if (lane.remoteHost !== socket.remoteAddress) return refuse(socket, 'not-proved')
      proved()
      joined++
      socket.once('close', () => joined--)
      lane.join(socket)
    }
    more()
  }

  const port = await listening(server, options.host, options.port)
  const close = async () => {
    const done = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of open.keys()) socket.destroy()
    await done
  }
  return {
    host: options.host,
    port,
    counts: () => ({ connections: open.size, unproved: unproved.size, callers: callers.size, lanes: joined }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function isHello(frame: Frame): frame is Hello {
  return frame.type === 'caller-hello' || frame.type === 'source-hello'
}

/** What whoever said this hello must have signed. */
function provedBy(socket: TLSSocket, hello: Hello): Uint8Array {
  return hello.type === 'source-hello'
    ? dialProof(socket, hello.attempt, hello.address)
    : callerProof(socket, hello.address)
}

/** Reads what is there and puts it back, so that whoever takes the connection over finds it. Never resume() before: bytes get lost. */
function peek(socket: Socket): Uint8Array {
  const chunk = socket.read() as Buffer | null
  if (!chunk) return new Uint8Array(0)
  socket.unshift(chunk)
  return chunk
}

function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
