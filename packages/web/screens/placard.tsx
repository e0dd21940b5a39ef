// A screen that says one thing and offers one or two others: empty places, stops, first steps.

import type { ReactNode } from 'react'
import { useHeadingFocus } from './heading-focus.ts'
import './placard.css'

export function Placard({
  picture,
  title,
  children,
  main,
}: {
  readonly picture?: ReactNode
  readonly title: string
  readonly children?: ReactNode
  /** True where it is the whole page. */
  readonly main?: boolean
}) {
  const heading = useHeadingFocus(title)
  const Around = main ? 'main' : 'div'
  return (
    <Around className="placard">
      <div className="placard-inside">
        {picture !== undefined && <div className="placard-picture">{picture}</div>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </div>
    </Around>
  )
}
