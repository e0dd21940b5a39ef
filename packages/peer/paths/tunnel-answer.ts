// Answers one request that came through the tunnel: its questions go to framed-answers.ts, what that writes goes up, and the
// answer ends with the last question's. Portable. Whether it may be answered was decided before (tunnel-serve.ts).

import { createWireReader } from '@doorpost/protocol/piece-wire'
import type { Clock } from '../clock.ts'
import type { Carrier } from './carrier.ts'
import { answerFrames } from './framed-answers.ts'
import type { Caller, Source } from './path.ts'
import type { Upload } from './tunnel-http.ts'

/** Without a byte taken for so long, ms, nobody is there any more: the server lets go of a requester that stands still after 30 s. */
const STALL_MS = 60_000

export interface AnswerOptions {
  readonly questions: number
  readonly ask: Uint8Array
  readonly caller: Caller
  readonly source: Source
  readonly upload: Upload
  readonly clock: Clock
}

export interface AnswerUnderWay {
  /** Everything was written; what left is told by `upload.done`. False when it broke off. Never rejects. */
  readonly written: Promise<boolean>
  abort(cause: Error): void
}

export function answerThrough({ questions, ask, caller, source, upload, clock }: AnswerOptions): AnswerUnderWay {
  const written = Promise.withResolvers<boolean>()
  const reader = createWireReader()
  let answered = 0
  let bulkLeft = 0
  let isOver = false
  let isAsked = false
  let stirredAtMs = clock.nowMs()
  let cancelWatch = () => {}

  const end = (cause: string) => {
    if (isOver) return
    isOver = true
    cancelWatch()
    upload.abort(new Error(cause))
    written.resolve(false)
    carrier.onEnd(cause)
  }
  const watch = () => {
    const silentMs = clock.nowMs() - stirredAtMs
    if (silentMs >= STALL_MS) return end('nobody takes it')
    cancelWatch = clock.after(STALL_MS - silentMs, watch)
  }
  /** Counts what is answered, by looking at the frames as they pass. */
  const count = (bytes: Uint8Array) => {
    for (const event of reader.push(bytes)) {
      if ('bulk' in event) {
        bulkLeft -= event.bulk.length
        if (bulkLeft === 0) answered++
      } else if ('length' in event.frame && event.frame.length > 0) bulkLeft = event.frame.length
      else answered++
    }
  }
  const carrier: Carrier = {
    onData: () => {},
    onEnd: () => {},
    write(bytes, onGone) {
      if (isOver) return onGone?.()
      count(bytes)
      stirredAtMs = clock.nowMs()
      upload.write(bytes, () => {
        stirredAtMs = clock.nowMs()
        onGone?.()
      })
      if (answered < questions) return
      upload.end()
      written.resolve(true)
    },
    // All it will ever say has come.
    pause: () => {},
    resume() {
      if (isAsked) return
      isAsked = true
      queueMicrotask(() => carrier.onData(ask))
    },
    close: end,
  }
  upload.done.then(
    () => end('answered'),
    (error: unknown) => end(error instanceof Error ? error.message : String(error)),
  )
  watch()
  answerFrames({ carrier, caller, source })
  return { written: written.promise, abort: (cause) => end(cause.message) }
}
