// What is done in a moment unless it is taken back: shown as done at once, carried out when the line that offers to undo it goes. Closing
// the page carries it out as well, as far as the browser lets it.

import { useSyncExternalStore } from 'react'
import { toast } from '../look/toast.tsx'

function createUndoable() {
  const waiting = new Map<string, () => void>()
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  const carryOut = (key: string) => {
    const run = waiting.get(key)
    if (!run) return
    waiting.delete(key)
    run()
    tell()
  }
  return {
    begin(key: string, run: () => void) {
      carryOut(key)
      if (waiting.size === 0) addEventListener('pagehide', () => [...waiting.keys()].forEach(carryOut), { once: true })
      waiting.set(key, run)
      tell()
    },
    carryOut,
    undo(key: string) {
      waiting.delete(key)
      tell()
    },
    isWaiting: (key: string) => waiting.has(key),
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const undoable = createUndoable()

/** Says `text` with a way back; `run` happens when the way back is gone. `key` names what it is done to. */
export function doUnlessUndone(key: string, text: string, run: () => void): void {
  undoable.begin(key, run)
  toast({ text, undo: () => undoable.undo(key), gone: () => undoable.carryOut(key) })
}

/** Whether it stands as done, and can still be taken back. */
export function useUndoable(key: string): boolean {
  return useSyncExternalStore(undoable.subscribe, () => undoable.isWaiting(key))
}
