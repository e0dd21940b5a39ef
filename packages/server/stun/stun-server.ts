// Answers STUN Binding requests over UDP, so that devices of this server learn how they are seen from outside without asking anybody else.
// Keeps nothing, knows nobody; what is not a request, or too often, is not answered. The messages are stun-message.ts's.

import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { bindingSuccess, readBindingRequest } from './stun-message.ts'

/** Answers to one IPv4 address or IPv6 /64 within a second: a household that opens ten paths at once asks less. */
export const ANSWERS_PER_SOURCE = 50
/** Answers to all within a second: 0.5 MB/s at most, and as many sources are remembered. */
export const ANSWERS_PER_SECOND = 5_000
const SECOND_MS = 1_000
/** Every address of both families, or of the old one where there is no IPv6. */
const EVERYWHERE = '::'

export interface StunServer {
  readonly port: number
  /** Idempotent. */
  close(): Promise<void>
}

/** Where STUN is answered: where the server listens, but for one behind a proxy on its own machine, which is everywhere. */
export function stunHostOf(host: string, onLoopback: boolean): string {
  const behindProxy = !onLoopback && (host === 'localhost' || (ipaddr.isValid(host) && isLoopback(host)))
  return behindProxy ? EVERYWHERE : host
}

function isLoopback(host: string): boolean {
  return ipaddr.process(host).range() === 'loopback'
}

/** `host`: as of the server's TCP port, so `localhost` is both loopback addresses. Throws what the system says when the port cannot be had. */
export async function openStun(
  host: string,
  port: number,
  { onFault, nowMs = () => performance.now() }: { onFault(error: Error): void; nowMs?: () => number },
): Promise<StunServer> {
  const allows = createRate(nowMs)
  const sockets: Socket[] = []
  const close = async () => {
    await Promise.all(sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }
  try {
    const first = await bindOne(host === 'localhost' ? '127.0.0.1' : host, port, allows).catch((error: unknown) => {
      if (host === EVERYWHERE && hasNoIpv6(error)) return bindOne('0.0.0.0', port, allows)
      throw error
    })
    sockets.push(first)
    if (host === 'localhost') {
      const second = await bindOne('::1', first.address().port, allows).catch((error: unknown) => {
        if (hasNoIpv6(error)) return undefined
        throw error
      })
      if (second) sockets.push(second)
    }
    for (const socket of sockets) socket.on('error', onFault)
    return { port: first.address().port, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Which is no mistake. */
function hasNoIpv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}

function bindOne(host: string, port: number, allows: (source: string) => boolean): Promise<Socket> {
  // A name is an IPv4 one here; whoever wants more gives addresses.
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.on('message', (bytes, from) => {
    const request = readBindingRequest(bytes)
    if (!request || !allows(sourceOf(from.address))) return
    // What cannot be sent is lost, as on any line; the asker asks again.
    socket.send(bindingSuccess(request, from), from.port, from.address, () => {})
  })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

/** Counts within whole seconds: the simplest bound whose memory is bounded too. */
function createRate(nowMs: () => number): (source: string) => boolean {
  const counts = new Map<string, number>()
  let secondEndsMs = 0
  let answers = 0
  return (source) => {
    const now = nowMs()
    if (now >= secondEndsMs) {
      counts.clear()
      answers = 0
      secondEndsMs = now + SECOND_MS
    }
    const count = counts.get(source) ?? 0
    if (count >= ANSWERS_PER_SOURCE || answers >= ANSWERS_PER_SECOND) return false
    counts.set(source, count + 1)
    answers++
    return true
  }
}

/** IPv6 by its /64, which is what one household or machine has. */
function sourceOf(address: string): string {
  const parsed = ipaddr.process(address.replace(/%.*$/, ''))
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.')
}
