// A row of a list: something in front, a line and a quieter one, something at the end. A link where it leads somewhere.

import type { ReactNode } from 'react'
import './list-row.css'

export interface ListRowProps {
  readonly before?: ReactNode
  readonly title: ReactNode
  readonly below?: ReactNode
  readonly after?: ReactNode
  /** `href('/contacts')`; a row without one is no link, and may hold buttons in `after`. */
  readonly to?: string
  readonly onPress?: () => void
  readonly current?: boolean
}

export function ListRow({ before, title, below, after, to, onPress, current }: ListRowProps) {
  const inside = (
    <>
      {before}
      <span className="list-row-text">
        <span className="list-row-title">{title}</span>
        {below !== undefined && <span className="list-row-below">{below}</span>}
      </span>
      {after !== undefined && <span className="list-row-after">{after}</span>}
    </>
  )
  if (to !== undefined) {
    return (
      <a className="list-row list-row-link" href={to} aria-current={current ? 'page' : undefined}>
        {inside}
      </a>
    )
  }
  if (onPress) {
    return (
      <button type="button" className="list-row list-row-link" onClick={onPress}>
        {inside}
      </button>
    )
  }
  return <div className="list-row">{inside}</div>
}
