// A small word or number at something's side. Its tone never says anything that its word does not.

import type { ReactNode } from 'react'
import './badge.css'

export function Badge({
  tone = 'plain',
  children,
}: {
  readonly tone?: 'plain' | 'accent' | 'good' | 'warn' | 'bad'
  readonly children: ReactNode
}) {
  return <span className={`badge badge-${tone}`}>{children}</span>
}
