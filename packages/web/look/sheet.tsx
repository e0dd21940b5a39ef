// A part of the screen that opens in place, over nothing: it has a heading, a way to close it (Escape too), and takes the focus
// to its heading. What is below stays where it is.

import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useWords } from '../words/words.ts'
import { IconButton } from './button.tsx'
import { CloseIcon } from './icons.tsx'
import './sheet.css'

export function Sheet({
  title,
  onClose,
  children,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const words = useWords()
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const before = document.activeElement
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'nearest' })
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <section
      className="sheet"
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
    >
      <header className="sheet-head">
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <IconButton name={words.look.close} onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </header>
      {children}
    </section>
  )
}
