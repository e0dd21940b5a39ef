// One line of a card's state: a sign, a sentence, and below it what it means. The sign and the tone say nothing that the sentence does
// not.

import type { ReactNode } from 'react'
import { BlockIcon, CheckIcon, ClockIcon, LockIcon, StorageIcon } from '../look/icons.tsx'
import { ChangedIcon, FetchIcon, GoneIcon, PauseIcon, PlayIcon } from './icons.tsx'

const SIGNS = {
  check: CheckIcon,
  clock: ClockIcon,
  lock: LockIcon,
  full: StorageIcon,
  changed: ChangedIcon,
  fetch: FetchIcon,
  gone: GoneIcon,
  pause: PauseIcon,
  play: PlayIcon,
  stop: BlockIcon,
} as const

export type Sign = keyof typeof SIGNS
export type Tone = 'plain' | 'accent' | 'good' | 'warn' | 'bad'

export function CardLine({
  sign,
  tone = 'plain',
  below,
  children,
}: {
  readonly sign: Sign
  readonly tone?: Tone
  readonly below?: ReactNode
  readonly children: ReactNode
}) {
  const Sign = SIGNS[sign]
  return (
    <div className="line" data-tone={tone}>
      <Sign size={18} />
      <div className="line-words">
        <p className="line-says">{children}</p>
        {below !== undefined && <p className="line-below">{below}</p>}
      </div>
    </div>
  )
}
