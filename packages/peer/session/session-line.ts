// stub
import type { Clock } from '../clock.ts'
import type { LoginKey } from './login.ts'
import type { Line } from './line.ts'

export interface SessionLineOptions {
  /** As dialled: `https://example.org`, `http://localhost:8025`. */
  readonly origin: string
  readonly as: LoginKey
  readonly clock?: Clock
}

/** Opens the line and keeps it open until `close`. Returns at once; being unreachable is no error. */
export function openSessionLine(_options: SessionLineOptions): Line {
  throw new Error('not yet')
}
