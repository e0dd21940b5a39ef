// What a server is started with, checked before anything is opened: where it listens, what it is called, whether it may
// speak plain HTTP there. Errors are sentences for the operator.

import { parseDomain } from '@doorpost/protocol/address'
import type { Logger } from 'pino'
import type { Clock } from './listen/clock.ts'
import { isLoopback } from './listen/forwarded.ts'
import type { DoorLimits } from './listen/limits.ts'

export interface ServerOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Default `localhost`: 127.0.0.1 and ::1. */
  readonly host?: string
  /** Made when missing. One server at a time can have it. */
  readonly dataFolder: string
  /** What stands behind the @ of its users. Default: what the data folder was used with before, else `localhost:PORT`. */
  readonly domain?: string
  /** Origins that devices may dial. Default: those of loopback with the port, else `https://DOMAIN`. */
  readonly origins?: readonly string[]
  /** PEM. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array }
  /** Addresses or CIDR blocks of proxies that end TLS in front of this server. */
  readonly trustedProxies?: readonly string[]
  readonly policyFile?: string
  /** Names of users who run this server, beside those in the data folder. */
  readonly admins?: readonly string[]
  /** The built web app; without it, or where nothing is built, GET / answers a plain page. */
  readonly webFolder?: string
  /** UDP port where STUN is answered: that of TCP where nothing is said, 0 for none. */
  readonly stunPort?: number
  readonly clock?: Clock
  /** Default: warnings and errors, JSON lines on standard error. */
  readonly logger?: Logger
  /** Bounds of the doors, where they are to be other than usual. */
  readonly limits?: Partial<DoorLimits>
}

/** The server cannot be started like this; the message says why and what to do. */
export class StartRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StartRefused'
  }
}

export interface Surroundings {
  readonly host: string
  /** Nobody but this machine can reach the server. */
  readonly onLoopback: boolean
  /** The domain when it does not depend on the port. */
  readonly domain: string | undefined
}

/** Throws StartRefused. */
export function checkOptions(options: ServerOptions): Surroundings {
  const { host = 'localhost', tls, trustedProxies = [] } = options
  const loopbackHost = host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''))
  if (!loopbackHost && !tls && trustedProxies.length === 0) {
    throw new StartRefused(
      `Plain HTTP is for this machine alone, and ${host} can be reached from elsewhere. ` +
        'Give a certificate and its key, or name the proxy that ends TLS in front of this server.',
    )
  }
  const onLoopback = loopbackHost && trustedProxies.length === 0
  const domain = options.domain === undefined ? undefined : canonicalDomain(options.domain)
  return { host, onLoopback, domain }
}

/** The server's own address as it is dialled, and every origin that a proof of login may name. */
export function originsOf(options: ServerOptions, domain: string, port: number, onLoopback: boolean): string[] {
  if (options.origins && options.origins.length > 0) return options.origins.map(canonicalOrigin)
  const scheme = options.tls ? 'https' : 'http'
  const local = ['localhost', '127.0.0.1', '[::1]'].map((name) => canonicalOrigin(`${scheme}://${name}:${port}`))
  return onLoopback ? local : [canonicalOrigin(`https://${domain}`)]
}

export function canonicalDomain(written: string): string {
  const parsed = parseDomain(written)
  if (!parsed.ok)
    throw new StartRefused(`${written} is no domain: give a host name or an address, with or without :port.`)
  return parsed.value
}

/** As browsers write it (RFC 6454 section 6.2): no default port, no path. */
function canonicalOrigin(written: string): string {
  const origin = URL.canParse(written) ? new URL(written).origin : 'null'
  if (!/^https?:\/\//.test(origin))
    throw new StartRefused(`${written} is no origin: write it like https://example.org.`)
  return origin
}
