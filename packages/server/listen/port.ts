// The one port: accepts connections, tells from their first bytes which door they go to, counts them, and drains them.

import type { AddressInfo, Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createAdmission } from './admission.ts'
import { bind } from './bind.ts'
import { createBodyMemory } from './body-memory.ts'
import { type Clock, systemClock } from './clock.ts'
import { createDeadlines, type Deadlined } from './deadlines.ts'
import type { Connection, DoorContext, Fault } from './door.ts'
import type { Handler } from './exchange.ts'
import type { Refusal } from './fields.ts'
import { spokenBy } from './first-bytes.ts'
import { isLoopback, type Peer, plainAddress, trustedProxies } from './forwarded.ts'
import { serveHttp1 } from './http1-connection.ts'
import { serveHttp2 } from './http2-door.ts'
import { DEFAULT_LIMITS, type DoorLimits } from './limits.ts'
import { type PhraseOf, problem, standardPhraseOf } from './problem.ts'
import { createFramesDoor, type FrameRooms } from './frames-door.ts'
import { createSessionDoor } from './session-door.ts'
import { createTlsEnd, type TlsFiles } from './tls.ts'

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** `localhost` binds 127.0.0.1 and, where there is IPv6, ::1. */
  readonly host: string
  readonly tls?: TlsFiles
  readonly handler: Handler
  /** Origins (RFC 6454) of this server's own pages; a function when they depend on the port that was taken. */
  readonly origins: readonly string[] | ((port: number) => readonly string[])
  /** Addresses or CIDR blocks of proxies whose X-Forwarded-For, X-Forwarded-Proto or Forwarded count. */
  readonly trustedProxies?: readonly string[]
  readonly limits?: Partial<DoorLimits>
  readonly clock?: Clock
  /** The phrase of the status line; must know the codes of the handler. */
  readonly phraseOf?: PhraseOf
  /** Who takes frame connections; undefined as long as nobody does. */
  readonly frameRooms?: () => FrameRooms | undefined
  /** Mistakes of handlers and doors, for the log. */
  readonly onFault?: (fault: Fault) => void
}

export interface Listening {
  readonly port: number
  /** Connections of all kinds, and the sessions among them; for metrics. */
  counts(): { readonly connections: number; readonly sessions: number }
  reloadTls(files: TlsFiles): void
  /** Stops accepting, lets what is in progress end, at most `graceMs`, then forces. Resolves when all is closed. */
  close(graceMs: number): Promise<void>
}

/** Throws what the operating system says when the port cannot be had (EADDRINUSE, EACCES). */
export async function listen(options: ListenOptions): Promise<Listening> {
  const limits: DoorLimits = { ...DEFAULT_LIMITS, ...options.limits }
  const clock = options.clock ?? systemClock
  const deadlines = createDeadlines(clock, limits.sweepMs)
  const isTrustedProxy = trustedProxies(options.trustedProxies ?? [])
  const admission = createAdmission(limits, (address) => isLoopback(address) || isTrustedProxy(address))
  const connections = new Map<Socket, Connection>()
  const phraseOf = options.phraseOf ?? standardPhraseOf
  let origins = new Set<string>()
  let isDraining = false
  let onEmpty: (() => void) | undefined

  const context: DoorContext = {
    handler: options.handler,
    limits,
    deadlines,
    phraseOf,
    isTrustedProxy,
    bodyMemory: createBodyMemory(limits.bodyMemoryBytes),
    date: dateLine(clock),
    isOwnOrigin: (origin) => origins.has(origin),
    isDraining: () => isDraining,
    report: options.onFault ?? (() => {}),
    track(socket, connection) {
      if (!connections.has(socket)) socket.once('close', forget)
      connections.set(socket, connection)
      if (isDraining) connection.drain()
    },
  }
  const sessions = createSessionDoor(context)
  const frames = createFramesDoor(context, options.frameRooms ?? (() => undefined))
  const upgrades = [sessions, frames]
  const tlsEnd = options.tls && createTlsEnd(options.tls, limits.peekMs, onSecure)

  function forget(this: Socket): void {
    connections.delete(this)
  }

  function onConnection(socket: Socket): void {
    socket.on('error', ignoreError)
    const address = plainAddress(socket.remoteAddress ?? '')
    if (address === undefined) {
      // Without an address it is gone already.
      socket.destroy()
      return
    }
    const refusal = admission.enter(address)
    if (refusal) return turnAway(socket, refusal)
    socket.once('close', () => {
      admission.leave(address)
      if (admission.size === 0) onEmpty?.()
    })
    peek(socket, { address, encrypted: false })
  }

  /** Says why, where that can be said without knowing what is spoken, and closes. */
  function turnAway(socket: Socket, refusal: Refusal): void {
    untilDeadline(socket, limits.lingerMs)
    if (tlsEnd) return void socket.destroy()
    const { body } = problem(refusal.status, refusal.detail, phraseOf)
    socket.resume()
    socket.once('end', () => socket.destroy())
    socket.end(
      `HTTP/1.1 ${refusal.status} ${phraseOf(refusal.status)}\r\ndate: ${context.date()}\r\n` +
        `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body as string)}\r\n` +
        `connection: close\r\n\r\n${body as string}`,
    )
  }

  /** Destroys `socket` after `ms` unless the returned function is called or another connection takes it over. */
  function untilDeadline(socket: Socket, ms: number): () => void {
    const destroy = () => void socket.destroy()
    const deadline: Deadlined = { deadlineMs: deadlines.nowMs() + ms, expire: destroy }
    const cancel = () => deadlines.remove(deadline)
    deadlines.add(deadline)
    socket.once('close', cancel)
    context.track(socket, { drain: destroy, destroy })
    return () => {
      socket.off('close', cancel)
      cancel()
    }
  }

  function peek(socket: Socket, peer: Peer): void {
    const cancel = untilDeadline(socket, limits.peekMs)
    let bytes: Buffer = NO_BYTES

    function look(): void {
      const more = socket.read() as Buffer | null
      if (more === null) return
      bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more])
      const spoken = spokenBy(bytes, tlsEnd !== undefined)
      if (spoken === undefined) return
      socket.off('readable', look)
      socket.off('end', destroy)
      cancel()
      if (spoken === 'http/1.1') return serveHttp1(socket, bytes, peer, context, upgrades)
      // Both take what they find unread in the socket; resume() before that would lose it.
      socket.unshift(bytes)
      if (spoken === 'h2') {
        socket.allowHalfOpen = false
        serveHttp2(socket, peer, context)
      } else {
        context.track(socket, { drain() {}, destroy })
        tlsEnd?.accept(socket)
      }
    }

    function destroy(): void {
      socket.destroy()
    }

    socket.on('end', destroy)
    socket.on('readable', look)
  }

  function onSecure(socket: TLSSocket): void {
    socket.on('error', ignoreError)
    const address = plainAddress(socket.remoteAddress ?? '')
    if (address === undefined) {
      socket.destroy()
      return
    }
    const peer: Peer = { address, encrypted: true }
    if (socket.alpnProtocol === 'h2') {
      socket.allowHalfOpen = false
      serveHttp2(socket, peer, context)
    } else serveHttp1(socket, NO_BYTES, peer, context, upgrades)
  }

  const servers = await bind(options.host, options.port, limits.connections, onConnection, (error) =>
    context.report({ door: 'port', method: '', path: '', error }),
  )
  const { port } = (servers[0] as Server).address() as AddressInfo
  origins = new Set(typeof options.origins === 'function' ? options.origins(port) : options.origins)

  return {
    port,
    counts: () => ({ connections: admission.size, sessions: sessions.size }),
    reloadTls(files) {
      if (!tlsEnd) throw new Error('The server was started without TLS.')
      tlsEnd.reload(files)
    },
    async close(graceMs) {
      isDraining = true
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
      for (const connection of connections.values()) connection.drain()
      const force = setTimeout(() => {
        for (const connection of connections.values()) connection.destroy()
      }, graceMs)
      await Promise.all(closed)
      await new Promise<void>((resolve) => {
        onEmpty = resolve
        if (admission.size === 0) resolve()
      })
      clearTimeout(force)
      deadlines.stop()
    },
  }
}

const NO_BYTES = Buffer.alloc(0)

/** The Date field, made once a second. */
function dateLine(clock: Clock): () => string {
  let second = -1
  let line = ''
  return () => {
    const now = Math.floor(clock.wallMs() / 1000)
    if (now !== second) {
      second = now
      line = new Date(now * 1000).toUTCString()
    }
    return line
  }
}

function ignoreError(): void {}
