// A device that the server lets in no more cannot be told why over its line. It asks for its user's newest list as anybody may, without
// a login, believes it only as far as the account key signed it (own-list.ts), and then knows whether it was revoked.

import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import type { Line } from '../session/line.ts'
import { finger } from './finger.ts'
import type { OwnList } from './own-list.ts'

/** Asked again at most this often, ms: a list that is the same says that the server means something else. */
export const ASK_AGAIN_MS = 60_000

export interface ShutOut extends AsyncDisposable {
  /** Aborted once this device knows that it was revoked. Its reason is the Trouble `login-refused` to tell people. */
  readonly signal: AbortSignal
}

/** Watches the line from now on. */
export function watchShutOut(options: {
  readonly line: Pick<Line, 'trouble' | 'onState'>
  readonly own: OwnList
  readonly clock: Clock
  /** One to the same server that logs in as nobody; closed after use. */
  openLine(): Line
  onRevoked(): void
  /** Could not be asked, or answered nonsense. */
  onFault(error: unknown): void
}): ShutOut {
  const { line, own, clock } = options
  const known = new AbortController()
  const closing = new AbortController()
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined

  async function ask(): Promise<void> {
    await using open = options.openLine()
    const { me } = own
    const { signed, opened } = await finger(open, me.user, closing.signal)
    if (!own.revoked) await own.follow(signed, opened)
    if (!own.revoked || known.signal.aborted) return
    const at = opened.list.devices.find(({ name }) => name === me.device)?.revokedAt
    known.abort(
      new Trouble('login-refused', `This device was revoked${at === undefined ? '' : ` at ${at}`}.`, {
        todo: `If that was not meant, link it anew: doorpost devices add on the device that holds the account key of ${me.user}.`,
      }),
    )
    options.onRevoked()
  }
  function look(): void {
    if (line.trouble?.code !== 'login-refused' || known.signal.aborted || asking) return
    if (clock.nowMs() - askedAtMs < ASK_AGAIN_MS) return
    askedAtMs = clock.nowMs()
    asking = ask()
      .catch((error: unknown) => {
        if (!closing.signal.aborted) options.onFault(error)
      })
      .finally(() => (asking = undefined))
  }

  const stop = line.onState(look)
  look()
  return {
    signal: known.signal,
    async [Symbol.asyncDispose]() {
      stop()
      closing.abort(new Trouble('cancelled', 'The device is closing.'))
      await asking
    },
  }
}
