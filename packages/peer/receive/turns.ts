// Who may go next, where only so many go at once: those somebody waits for go first, then in the order they came.

export interface Turns {
  /** Resolves when it is this one's turn. Rejects with the signal's reason. */
  take(attended: () => boolean, signal: AbortSignal): Promise<{ end(): void }>
}

export function createTurns(atOnce: number): Turns {
  let going = 0
  const queue: { readonly attended: () => boolean; go(): void }[] = []

  function next(): void {
    if (going >= atOnce || queue.length === 0) return
    const first = queue.findIndex(({ attended }) => attended())
    const [one] = queue.splice(Math.max(first, 0), 1)
    going++
    one?.go()
  }

  return {
    take(attended, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        const abort = () => {
          const at = queue.indexOf(mine)
          if (at >= 0) queue.splice(at, 1)
          reject(signal.reason as Error)
        }
        const mine = {
          attended,
          go() {
            signal.removeEventListener('abort', abort)
            let ended = false
            resolve({
              end() {
                if (ended) return
                ended = true
                going--
                next()
              },
            })
          },
        }
        signal.addEventListener('abort', abort, { once: true })
        queue.push(mine)
        next()
      })
    },
  }
}
