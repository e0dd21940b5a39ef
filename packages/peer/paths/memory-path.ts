// A path within one process, for tests and for what needs no line: the source is asked directly, in order, and bytes are copied.

import type { Caller, Path, PathFault, PieceAnswer, Source } from './path.ts'

/** A path from `caller` to `source`. */
export function openMemoryPath(source: Source, caller: Caller): Path {
  const ended = new AbortController()
  const over = Promise.withResolvers<void>()
  const broken: PathFault = { state: 'line-broken', cause: 'closed' }
  let turn: Promise<unknown> = Promise.resolve()
  let bytesArrived = 0

  const close = () => {
    ended.abort()
    over.resolve()
  }
  /** Answers come in the order asked, and none after the end; an aborted question ends the path. */
  const inTurn = <T>(signal: AbortSignal, task: () => Promise<T | PathFault>): Promise<T | PathFault> => {
    if (signal.aborted) close()
    signal.addEventListener('abort', close, { once: true })
    const answer = turn
      .then(() => (ended.signal.aborted ? broken : task()))
      .finally(() => signal.removeEventListener('abort', close))
    turn = answer
    return Promise.race([answer, over.promise.then(() => broken)])
  }
  return {
    kind: 'memory',
    list: (media, maxBytes, signal) =>
      inTurn(signal, async () => {
        const answer = await source.list(caller, media, ended.signal)
        if (answer.state !== 'here') return answer
        if (answer.list.length > maxBytes) return { state: 'line-broken', cause: 'list too long' }
        bytesArrived += answer.list.length
        return { state: 'here', list: answer.list.slice() }
      }),
    piece: (media, piece, take, signal) =>
      inTurn<PieceAnswer>(signal, async () => {
        const lease = await source.piece(caller, media, piece.index, ended.signal)
        if (lease.state !== 'here') return lease
        try {
          if (lease.bytes.length !== piece.length) return { state: 'bad-piece', piece: piece.index }
          const into = await take(piece)
          if (ended.signal.aborted) return broken
          into.set(lease.bytes)
          bytesArrived += lease.bytes.length
          return { state: 'here', bytes: into.subarray(0, piece.length), proven: true }
        } finally {
          lease.release()
        }
      }),
    have: (media, signal) => inTurn(signal, () => source.have(caller, media, ended.signal)),
    claim: (media, count, signal) => inTurn(signal, () => source.claim(caller, media, count, ended.signal)),
    distrust: () => undefined,
    get bytesArrived() {
      return bytesArrived
    },
    close,
    [Symbol.dispose]: close,
    closed: over.promise,
  }
}
