// How far something is: a line, and its figures beside or below it in words. The words are the caller's, so that they are the
// same everywhere; the line is a picture of them.

import type { ReactNode } from 'react'
import './progress-line.css'

/** `share`: 0 to 1; undefined while it is not known. `label`: what is on its way, for those who listen. */
export function ProgressLine({
  share,
  label,
  words,
}: {
  readonly share: number | undefined
  readonly label: string
  readonly words?: ReactNode
}) {
  const percent = share === undefined ? undefined : Math.floor(Math.min(1, Math.max(0, share)) * 100)
  return (
    <div className="progress">
      <div
        className="progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <div className="progress-done" style={{ inlineSize: `${percent ?? 0}%` }} />
      </div>
      {words !== undefined && <p className="progress-words">{words}</p>}
    </div>
  )
}
