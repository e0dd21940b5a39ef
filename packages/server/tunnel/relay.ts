// One answer on its way through the server: what the source sends in, the requester takes out, and between the two stands
// one window. A requester that takes nothing holds the source's socket back; nothing here ever grows with the answer.
// Who may answer and for how long is tunnel.ts's; what may pass is the meter's.

import { Refusal } from '@doorpost/protocol/errors'

/** Bytes of one answer in the server's memory: what a good line drains within a turn or two of the event loop. */
export const TUNNEL_WINDOW_BYTES = 256 * 1024
/** Parts of one answer that may be under way: the next travels while this one is taken. */
export const PARTS_IN_FLIGHT_MAX = 2
/** Silence of the side that is waited for, ms: as long as the doors wait for a body or a reader. */
export const TUNNEL_STALL_MS = 30_000

/** Which stretch of the answer a SEND carries: 0, 1, 2 and so on; the last says that no more follow. */
export interface Part {
  readonly number: number
  readonly more: boolean
}

export interface Relay {
  /**
   * Takes one part in; waits for those before it. Resolves when the requester has taken all of it. Throws Refusal
   * `malformed` for a part out of turn, and what the relay was ended with.
   */
  give(part: Part, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** The answer; to be read once. Throws what the relay was ended with, so that nobody takes a half for the whole. */
  readonly answer: AsyncIterable<Uint8Array>
  /** Bytes held now. */
  readonly heldBytes: number
  /** Since when somebody is waited for, on the clock's monotonic scale; undefined while all is moving or over. */
  readonly waitingSinceMs: number | undefined
  /** Breaks it off at both ends. Idempotent. */
  end(reason: Refusal): void
}

export interface RelayOptions {
  nowMs(): number
  /** Resolves when so many bytes may pass; throws Refusal when they may not. */
  pass(bytes: number, signal: AbortSignal): Promise<void>
  /** The first byte is here, or the end of an empty answer. */
  onStart(): void
  /** Called once: everything was taken (undefined), or it was ended with this. */
  onEnd(reason: Refusal | undefined): void
}

export function createRelay({ nowMs, pass, onStart, onEnd }: RelayOptions): Relay {
  const queue: Uint8Array[] = []
  const over = new AbortController()
  /** Everything that waits for a change of what stands below; woken together, each looks for itself. */
  let waiting: (() => void)[] = []
  let heldBytes = 0
  let givenBytes = 0
  let takenBytes = 0
  let inHandBytes = 0
  let turn = 0
  const underWay = new Set<number>()
  let isComplete = false
  let isStarted = false
  let isOver = false
  /** Ends the wait for the source's next bytes. */
  let interrupt: (reason: Refusal) => void = () => {}
  let sourceSinceMs: number | undefined = nowMs()
  let requesterSinceMs: number | undefined

  function changed(): void {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }

  async function until(isTrue: () => boolean): Promise<void> {
    for (;;) {
      over.signal.throwIfAborted()
      if (isTrue()) return
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  function finish(reason: Refusal | undefined): void {
    if (isOver) return
    isOver = true
    sourceSinceMs = undefined
    requesterSinceMs = undefined
    if (reason) {
      queue.length = 0
      heldBytes = 0
      over.abort(reason)
      interrupt(reason)
    }
    onEnd(reason)
    changed()
  }

  function start(): void {
    if (isStarted) return
    isStarted = true
    onStart()
  }

  async function put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    sourceSinceMs = undefined
    await pass(bytes.length, over.signal)
    await until(() => heldBytes === 0 || heldBytes + bytes.length <= TUNNEL_WINDOW_BYTES)
    queue.push(bytes)
    heldBytes += bytes.length
    givenBytes += bytes.length
    requesterSinceMs ??= nowMs()
    sourceSinceMs = nowMs()
    start()
    changed()
  }

  /** To its end, or to ours: nobody waits for bytes that nobody wants any more. */
  async function take(bytes: AsyncIterator<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        over.signal.throwIfAborted()
        const part = await new Promise<IteratorResult<Uint8Array, unknown>>((resolve, reject) => {
          interrupt = reject
          bytes.next().then(resolve, reject)
        })
        if (part.done) return
        await put(part.value)
      }
    } catch (error) {
      // Not waited for: it may be in the middle of waiting itself.
      bytes.return?.().catch(() => {})
      throw error
    } finally {
      interrupt = () => {}
    }
  }

  /** What was given out last has left: the reader would not ask for more otherwise. */
  function taken(): void {
    takenBytes += inHandBytes
    heldBytes -= inHandBytes
    inHandBytes = 0
    requesterSinceMs = queue.length > 0 ? nowMs() : undefined
    changed()
  }

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      taken()
      await until(() => queue.length > 0 || isComplete)
      const bytes = queue.shift()
      if (bytes === undefined) {
        finish(undefined)
        return { done: true, value: undefined }
      }
      inHandBytes = bytes.length
      requesterSinceMs = nowMs()
      return { done: false, value: bytes }
    },
    async return() {
      finish(new Refusal('nobody-answered', { detail: 'The requester has gone.' }))
      return { done: true, value: undefined }
    },
  }

  return {
    answer: { [Symbol.asyncIterator]: () => iterator },
    async give({ number, more }, bytes) {
      if (isComplete || number < turn || underWay.has(number) || number >= turn + PARTS_IN_FLIGHT_MAX) {
        throw new Refusal('malformed', { detail: `Part ${number} is out of turn: ${turn} is next.` })
      }
      underWay.add(number)
      try {
        await until(() => turn === number)
        await take(bytes[Symbol.asyncIterator]())
      } catch (error) {
        // A part that broke off cannot be mended: what came of it has left already.
        finish(error instanceof Refusal ? error : new Refusal('nobody-answered', { detail: 'The source broke off.' }))
        throw error
      } finally {
        underWay.delete(number)
      }
      turn++
      sourceSinceMs = more ? nowMs() : undefined
      isComplete = !more
      if (isComplete) start()
      const endsAt = givenBytes
      changed()
      await until(() => takenBytes >= endsAt)
    },
    get heldBytes() {
      return heldBytes
    },
    get waitingSinceMs() {
      return requesterSinceMs ?? sourceSinceMs
    },
    end: finish,
  }
}
