// What was just done, with a way back: a line at the foot of the page instead of a question before. It stays long enough to be
// read and reached, and as long as it has the pointer or the focus.

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useWords } from '../words/words.ts'
import { announce } from './announce.tsx'
import { Button, IconButton } from './button.tsx'
import { CloseIcon } from './icons.tsx'
import './toast.css'

/** How long a line stays, ms: to read a sentence and reach a button by keyboard. */
const STAYS_MS = 8_000

export interface Toast {
  readonly text: string
  /** What takes it back, if anything does. */
  readonly undo?: () => void
  /** The way back is gone: the line went, or a newer one came. Not called when it was taken back. */
  readonly gone?: () => void
}

function createToasts() {
  let shown: (Toast & { readonly turn: number }) | undefined
  let turn = 0
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  return {
    show(toast: Toast) {
      const before = shown
      turn += 1
      shown = { ...toast, turn }
      tell()
      before?.gone?.()
    },
    hide() {
      const before = shown
      shown = undefined
      tell()
      before?.gone?.()
    },
    /** Hides it because it is taken back. */
    undone() {
      shown = undefined
      tell()
    },
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    now: () => shown,
  }
}

const toasts = createToasts()

/** Says what was done, seen and heard. A newer line takes the place of the older one. */
export function toast(done: Toast): void {
  toasts.show(done)
  announce(done.text)
}

export function Toasts() {
  const shown = useSyncExternalStore(toasts.subscribe, toasts.now)
  return shown ? <ToastLine key={shown.turn} {...shown} /> : null
}

function ToastLine({ text, undo }: Toast) {
  const words = useWords()
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const timer = setTimeout(toasts.hide, STAYS_MS)
    return () => clearTimeout(timer)
  }, [held])
  const cameFrom = useRef<HTMLElement>(null)
  useEffect(
    () => () => {
      // The line goes with the button that was pressed in it: the focus goes back to where it came from.
      if (document.activeElement === document.body) cameFrom.current?.focus({ preventScroll: true })
    },
    [],
  )
  return (
    <section
      className="toast"
      aria-label={words.look.justDone}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={({ relatedTarget, currentTarget }) => {
        setHeld(true)
        if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget))
          cameFrom.current = relatedTarget
      }}
      onBlur={() => setHeld(false)}
    >
      <p>{text}</p>
      {undo && (
        <Button
          kind="quiet"
          onClick={() => {
            toasts.undone()
            undo()
          }}
        >
          {words.look.undo}
        </Button>
      )}
      <IconButton name={words.look.close} onClick={toasts.hide}>
        <CloseIcon />
      </IconButton>
    </section>
  )
}
