// Runs the on-ready command: once per message that became ready, and never twice. That it begins is on stable storage
// before it does; a crash in between costs the run, not a second one. Starting programs is the platform's.

import type { InboxEntry } from '../operations.ts'
import type { Inbox } from './inbox.ts'

/** Commands that run at the same time: a burst of mail does not start a hundred programs. */
const AT_ONCE = 2

/** Runs the command for one entry and resolves with its exit code; null where a signal ended it. Rejects when it cannot start. */
export type RunHook = (entry: InboxEntry, signal: AbortSignal) => Promise<number | null>

export interface OnReady extends AsyncDisposable {
  due(id: string): void
}

export function createOnReady(options: {
  readonly inbox: () => Pick<Inbox, 'beginHook' | 'entry'>
  readonly run: RunHook
  onExit(id: string, exitCode: number | null): void
  onFault(error: unknown): void
}): OnReady {
  const ended = new AbortController()
  const queue: string[] = []
  const running = new Set<Promise<void>>()

  function next(): void {
    while (!ended.signal.aborted && running.size < AT_ONCE) {
      const id = queue.shift()
      if (id === undefined) return
      const one = begin(id).finally(() => {
        running.delete(one)
        next()
      })
      running.add(one)
    }
  }

  async function begin(id: string): Promise<void> {
    try {
      const inbox = options.inbox()
      if (!(await inbox.beginHook(id))) return
      const entry = await inbox.entry(id)
      if (entry) options.onExit(id, await options.run(entry, ended.signal))
    } catch (error) {
      options.onFault(error)
    }
  }

  return {
    due(id) {
      queue.push(id)
      // Not within the write that made it due.
      queueMicrotask(next)
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await Promise.all(running)
    },
  }
}
