// Opens a direct path to a device that said it listens at several addresses: tries them one after the other with a head
// start each, keeps the first that opens (RFC 8305 section 5, Happy Eyeballs). Where that does not help, the other is asked to dial.

import { type DeviceAddress } from '@doorpost/protocol/address'
import { type Clock, systemClock } from '../clock.ts'
import type { PathOpener } from '../paths/openers.ts'
import type { DialMe } from './dial-me.ts'
import { DirectRefused, openDirect } from './direct-caller.ts'

/** Head start of each address over the next, ms (RFC 8305 recommends 250). */
const HEAD_START_MS = 250

/** How long the other's own addresses are tried before it is asked to dial, ms; at once when none of them is in the open. */
export const DIAL_FIRST_MS = 300

type Signing = Pick<Parameters<typeof openDirect>[0], 'sign' | 'verify'>

export type Identified = { readonly address: DeviceAddress; readonly deviceKey: Uint8Array } & Signing

/** Without `dialMe` the other's addresses are all there is to try. */
export function createDirectOpener(
  me: Identified,
  dialMe?: Pick<DialMe, 'ask' | 'isDiallable'> & { readonly clock: Clock; isInTheOpen(address: string): boolean },
): PathOpener {
  const { address, deviceKey, sign, verify } = me
  return {
    kind: 'direct',
    async open(target, signal) {
      const { networkAddresses, ...expect } = target
      // Whoever is there and does not want us will not dial us either.
      const refused = new AbortController()
      const dial = (until: AbortSignal) =>
        firstToOpen(
          networkAddresses.map((written) => async (given: AbortSignal) => {
            return await openDirect({
              ...hostAndPort(written),
              address,
              deviceKey,
              expect,
              sign,
              verify,
              signal: given,
            })
          }),
          until,
        ).catch((error: unknown) => {
          if (error instanceof DirectRefused) refused.abort(error)
          throw error
        })
      if (!dialMe?.isDiallable()) return await dial(signal)
      const { clock, isInTheOpen } = dialMe
      const dialled = async (until: AbortSignal) => await dialMe.ask(target, AbortSignal.any([until, refused.signal]))
      const headStartMs = networkAddresses.some(isInTheOpen) ? DIAL_FIRST_MS : 0
      return await firstToOpen([dial, dialled], signal, { clock, headStartMs })
    },
  }
}

/** The first that opens; the others are given up, and closed where they opened in the same moment. */
export async function firstToOpen<T extends { close(): void }>(
  attempts: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
  { clock, headStartMs }: { readonly clock: Clock; readonly headStartMs: number } = {
    clock: systemClock,
    headStartMs: HEAD_START_MS,
  },
): Promise<T> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let winner: T | undefined
  let failures = 0
  let firstFault: unknown
  let started = 0
  let cancelNext = () => {}
  const startNext = () => {
    cancelNext()
    const attempt = attempts[started++]
    if (!attempt || winner || until.aborted) return
    if (started < attempts.length) cancelNext = clock.after(headStartMs, startNext)
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
    cancelNext()
    signal.removeEventListener('abort', abort)
    // Only those still opening hear of it: a path that is open is no longer under its opener's signal.
    over.abort(new Error('another address was faster'))
  }
}

export function hostAndPort(written: string): { host: string; port: number } {
  const colon = written.lastIndexOf(':')
  return { host: written.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(written.slice(colon + 1)) }
}
