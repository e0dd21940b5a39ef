// Opens a direct path to a device that said it listens at several addresses: tries them one after the other with a head
// start each, keeps the first that opens (RFC 8305 section 5, Happy Eyeballs).

import { type DeviceAddress } from '@doorpost/protocol/address'
import type { PathOpener } from '../paths/openers.ts'
import type { Path } from '../paths/path.ts'
import { openDirect } from './direct-caller.ts'

/** Head start of each address over the next, ms (RFC 8305 recommends 250). */
const HEAD_START_MS = 250

type Signing = Pick<Parameters<typeof openDirect>[0], 'sign' | 'verify'>

export function createDirectOpener(
  me: { readonly address: DeviceAddress; readonly deviceKey: Uint8Array } & Signing,
): PathOpener {
  const { address, deviceKey, sign, verify } = me
  return {
    kind: 'direct',
    async open({ networkAddresses, ...expect }, signal) {
      return await race(
        networkAddresses.map((written) => async (until: AbortSignal) => {
          const { host, port } = parse(written)
          return await openDirect({ host, port, address, deviceKey, expect, sign, verify, signal: until })
        }),
        signal,
      )
    },
  }
}

/** The first that opens; the others are given up, and closed where they opened in the same moment. */
async function race(attempts: readonly ((signal: AbortSignal) => Promise<Path>)[], signal: AbortSignal): Promise<Path> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const { promise, resolve, reject } = Promise.withResolvers<Path>()
  let winner: Path | undefined
  let failures = 0
  let firstFault: unknown
  let started = 0
  let timer: NodeJS.Timeout | undefined
  const startNext = () => {
    clearTimeout(timer)
    const attempt = attempts[started++]
    if (!attempt || winner || until.aborted) return
    if (started < attempts.length) timer = setTimeout(startNext, HEAD_START_MS)
    attempt(until).then(
      (path) => {
        if (winner) return path.close()
        winner = path
        resolve(path)
      },
      (error: unknown) => {
        firstFault ??= error
        if (++failures === attempts.length) reject(firstFault)
        // Nothing to wait for: the next one begins now.
        else startNext()
      },
    )
  }
  const abort = () => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (attempts.length === 0) throw new Error('it listens nowhere')
    if (signal.aborted) throw signal.reason
    startNext()
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    // Only those still opening hear of it: a path that is open is no longer under its opener's signal.
    over.abort(new Error('another address was faster'))
  }
}

function parse(written: string): { host: string; port: number } {
  const colon = written.lastIndexOf(':')
  return { host: written.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(written.slice(colon + 1)) }
}
