// In which order conversations change: everything is loaded when somebody first asks, and what follows a change is done after that,
// one thing after the other. Before anybody asks, nothing is done at all.

export interface Following {
  /** Over when everything is loaded and what came before this call is done; loads when nobody has asked yet. Rejects when loading does. */
  settled(): Promise<void>
  /** In its turn; nothing where nothing is loaded, since loading reads it all. */
  follow(work: () => Promise<void>): void
  /** What is under way ends as it may, and is no fault any more. */
  stop(): void
}

export function createFollowing(load: () => Promise<void>, onFault: (error: unknown) => void): Following {
  /** Loading, then one change after the other; undefined while nobody has asked for anything. */
  let last: Promise<void> | undefined
  let stopped = false

  return {
    async settled() {
      if (!last) {
        const loading = load()
        last = loading
        // Whoever asks next tries again.
        loading.catch(() => (last = undefined))
      }
      await last
    },
    follow(work) {
      if (!last || stopped) return
      last = last.then(work).catch((error: unknown) => {
        if (!stopped) onFault(error)
      })
    },
    stop() {
      stopped = true
    },
  }
}
