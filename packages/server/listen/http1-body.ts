// The body of one HTTP/1.1 request, taken from the connection only as fast as the handler reads it.

import { type BodyMemory, holdBody } from './body-memory.ts'
import { CallerGone, RequestRefused } from './door.ts'
import { bodyFromBytes, BodyTooLarge, type RequestBody } from './exchange.ts'
import type { Http1Reader } from './http1-reader.ts'
import type { RequestHead } from './http1-framing.ts'

export interface Http1Body {
  readonly forHandler: RequestBody
  /**
   * After the handler: drops what it left unread, as far as `discardBytes` go.
   * False: the connection cannot be used for another request.
   */
  settle(discardBytes: number): Promise<boolean>
  /** Gives the memory of a collected body back; after the handler. */
  release(): void
  /** As settle will decide, known before the answer is written. */
  canSettle(discardBytes: number): boolean
}

const EMPTY = bodyFromBytes(new Uint8Array(0))
const NO_BODY: Http1Body = { forHandler: EMPTY, settle: async () => true, canSettle: () => true, release() {} }

/** `sendContinue` writes the interim answer 100 that some callers wait for. */
export function createHttp1Body(
  head: RequestHead,
  reader: Http1Reader,
  memory: BodyMemory,
  sendContinue: () => void,
): Http1Body {
  if (head.bodyLength === 0) {
    reader.tryNext() // the `end` that follows at once
    return NO_BODY
  }
  const held = holdBody(memory, (refusal) => new RequestRefused(refusal))
  let isStarted = false
  let isEnded = false
  let isBroken = false

  async function nextPart(): Promise<Uint8Array | undefined> {
    const event = await reader.next('body')
    if (event?.kind === 'data') return event.bytes
    if (event?.kind === 'end') {
      isEnded = true
      return undefined
    }
    isBroken = true
    if (event?.kind === 'refusal') throw new RequestRefused(event)
    throw new CallerGone()
  }

  function start(): void {
    if (isStarted) throw new Error('A request body can be read once only.')
    isStarted = true
    if (head.expectsContinue) sendContinue()
  }

  async function* parts(): AsyncGenerator<Uint8Array, void> {
    start()
    for (let part = await nextPart(); part; part = await nextPart()) yield part
  }

  /** Takes what is at hand; true when that was all of it. */
  function dropHeld(): boolean {
    while (!isEnded && !isBroken) {
      const event = reader.tryNext()
      if (!event) return false
      if (event.kind === 'end') isEnded = true
      if (event.kind === 'refusal') isBroken = true
    }
    return isEnded
  }

  function canSettle(discardBytes: number): boolean {
    if (isEnded) return true
    // A caller that waits for 100 may send the body or not: nobody can tell what its next bytes are.
    if (isBroken || (head.expectsContinue && !isStarted)) return false
    if (dropHeld()) return true
    return !isBroken && reader.bodyBytesLeft !== undefined && reader.bodyBytesLeft <= discardBytes
  }

  return {
    forHandler: {
      async bytes(limitBytes) {
        if (typeof head.bodyLength === 'number' && head.bodyLength > limitBytes) throw new BodyTooLarge(limitBytes)
        return held.collect(parts(), limitBytes)
      },
      stream: parts,
    },
    canSettle,
    release: () => held.release(),
    async settle(discardBytes) {
      if (!canSettle(discardBytes)) return false
      while (!isEnded) {
        const event = await reader.next('body')
        if (!event || event.kind === 'refusal') return false
        if (event.kind === 'end') isEnded = true
      }
      return true
    },
  }
}
