// Asks a server once by fetch, which tells why it failed where a WebSocket does not.

import { certificateTrouble } from '../session/why-unreachable.ts'

/** A machine that does not answer has no certificate to speak of, ms. */
const ASK_MS = 3_000

/** For the session line of a device on Node. */
export async function explainUnreachable(origin: string, closing: AbortSignal): Promise<string | undefined> {
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(ASK_MS)])
    await fetch(`${origin}/healthz`, { method: 'HEAD', redirect: 'error', signal })
    return undefined
  } catch (error) {
    return certificateTrouble(error)?.says
  }
}
