// stub
import type { Clock } from '../clock.ts'
import type { LoginKey } from './login.ts'
import type { Line } from './line.ts'

export interface HttpLineOptions {
  readonly origin: string
  /** Absent: only what anybody may ask (FINGER, SEND /accounts). */
  readonly as?: LoginKey
  readonly clock?: Clock
}

/** Logs in with the first call that needs it. `online` once a call was answered; nothing is pushed. */
export function openHttpLine(_options: HttpLineOptions): Line {
  throw new Error('not yet')
}
