// Fills a sink and closes it: what fills it is done when all of that is in its place, and not before. A disk that is full in the last
// moment is told as one that is full before.

import type { LiveSink } from './media.ts'

/**
 * `fill` runs until it is over; `stop` ends it because the sink can take no more. Closes the sink. Rejects with what the sink or `fill` says,
 * whichever was first.
 */
export async function filling<Result>(
  sink: LiveSink,
  fill: () => Promise<Result>,
  stop: (trouble: unknown) => void,
): Promise<Result> {
  const filled = fill()
  let result: Result
  try {
    result = await Promise.race([filled, sink.failed])
  } catch (error) {
    stop(error)
    await filled.catch(() => {})
    // One reason is enough: the first.
    await Promise.allSettled([sink[Symbol.asyncDispose]()])
    throw error
  }
  await sink[Symbol.asyncDispose]()
  // It may have failed since, and nobody else asks.
  await Promise.race([sink.failed, Promise.resolve()])
  return result
}
