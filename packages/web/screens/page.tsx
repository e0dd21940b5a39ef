// A screen at the end side that is no conversation: a heading with a way back, and a column of a width that is read easily.

import type { ReactNode } from 'react'
import { IconLink } from '../look/button.tsx'
import { BackIcon } from '../look/icons.tsx'
import { href } from '../route.ts'
import { useWords } from '../words/words.ts'
import { useHeadingFocus } from './heading-focus.ts'
import './page.css'

/** `back`: where the way back leads; the conversations, where nothing is said, and then on a phone alone. */
export function Page({
  title,
  back,
  children,
}: {
  readonly title: string
  readonly back?: string
  readonly children: ReactNode
}) {
  const words = useWords()
  const heading = useHeadingFocus(title)
  return (
    <div className="page">
      <header className="page-head">
        <IconLink name={words.look.back} href={back ?? href()} {...(back === undefined && { className: 'only-phone' })}>
          <BackIcon />
        </IconLink>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
      </header>
      {children}
    </div>
  )
}

/** A part of a page under its own heading. */
export function Part({
  title,
  says,
  children,
}: {
  readonly title?: string
  readonly says?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <section className="part">
      {title !== undefined && <h2>{title}</h2>}
      {says !== undefined && <p className="part-says">{says}</p>}
      {children}
    </section>
  )
}

/** What went wrong where somebody pressed; nothing while nothing did. */
export function Wrong({ says }: { readonly says: string | undefined }) {
  if (says === undefined) return null
  return (
    <p className="part-wrong" role="alert">
      {says}
    </p>
  )
}
