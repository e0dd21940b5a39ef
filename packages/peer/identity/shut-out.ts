// A device that the server lets in no more cannot be told why over its line. It asks for its user's newest list as anybody may, without
// a login, believes it only as far as the account key, or the recovery key, signed it (own-list.ts), and then knows what happened.

import { toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, mayFollow, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { shutOutSentence } from '../catalogue/shut-out.ts'
import type { Clock } from '../clock.ts'
import { type ShutOutFacts, type ShutOutWhy, Trouble } from '../operations.ts'
import { listeners } from '../session/listeners.ts'
import type { Line } from '../session/line.ts'
import { finger, type Shown } from './finger.ts'
import type { OwnList } from './own-list.ts'

/** Asked again at most this often, ms: a list that is the same says that the server means something else. */
export const ASK_AGAIN_MS = 60_000

export interface ShutOut extends AsyncDisposable {
  /** Aborted once this device knows that it is over for good. Its reason is the Trouble `login-refused` to tell people. */
  readonly signal: AbortSignal
  /** What is known now of why it is let in no more; nothing while it is let in, or nobody knows. */
  readonly facts: ShutOutFacts | undefined
  /** Told whenever `facts` is another. The returned function ends it. */
  onChange(listener: () => void): () => void
}

/** Watches the line from now on. */
export function watchShutOut(options: {
  readonly line: Pick<Line, 'state' | 'trouble' | 'onState'>
  readonly own: OwnList
  readonly clock: Clock
  /** One to the same server that logs in as nobody; closed after use. */
  openLine(): Line
  /** Told when it found out why, and when that became another. */
  onKnown(facts: ShutOutFacts): void
  /** Could not be asked, or answered nonsense. */
  onFault(error: unknown): void
}): ShutOut {
  const { line, own, clock } = options
  const known = new AbortController()
  const closing = new AbortController()
  const changes = listeners<void>()
  let facts: ShutOutFacts | undefined
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined

  function become(next: ShutOutFacts | undefined): void {
    if (JSON.stringify(next) === JSON.stringify(facts)) return
    facts = next
    if (next) options.onKnown(next)
    changes.tell()
  }

  async function ask(): Promise<void> {
    await using open = options.openLine()
    const { me } = own
    const before = me.opened
    const shown = await show(open)
    if (shown && !own.revoked) await own.follow(shown.signed, shown.opened)
    const why = shown ? whyOf(before, shown.opened, own) : 'no-account'
    if (why === undefined || known.signal.aborted) return
    const at = shown && isFinal(why) ? sinceWhen(why, shown.opened, me.device) : undefined
    // While it was asked, the server may have let it in again.
    if (!isFinal(why) && line.state === 'online') return
    const found = { why, ...(at !== undefined && { at }) }
    if (isFinal(why)) {
      const { says, todo } = shutOutSentence(found, me.user)
      known.abort(new Trouble('login-refused', says, todo === undefined ? {} : { todo }))
    }
    become(found)
  }
  /** Undefined where nobody has this name there. */
  async function show(open: Line): Promise<Shown | undefined> {
    try {
      return await finger(open, own.me.user, closing.signal)
    } catch (error) {
      if (error instanceof Refusal && (error.code === 'not-found' || error.code === 'no-such-user')) return undefined
      throw error
    }
  }
  function look(): void {
    if (known.signal.aborted) return
    if (line.state === 'online') return become(undefined)
    if (line.trouble?.code !== 'login-refused' || asking) return
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
    get facts() {
      return facts
    },
    onChange: changes.add,
    async [Symbol.asyncDispose]() {
      stop()
      closing.abort(new Trouble('cancelled', 'The device is closing.'))
      await asking
    },
  }
}

/** The account key, or the recovery key, said so: nothing that a server does brings the device back. */
function isFinal(why: ShutOutWhy): boolean {
  return why === 'revoked' || why === 'taken-over'
}

/** Undefined where the list is no reason: the server means something else. */
function whyOf(before: OpenedDeviceList, shown: OpenedDeviceList, { me, revoked }: OwnList): ShutOutWhy | undefined {
  const step = mayFollow(before, shown)
  if (revoked) return step === 'recovered' ? 'taken-over' : 'revoked'
  if (step === 'other-account') return 'other-account'
  const mine = toBase64url(me.deviceKey.public)
  const isThere = activeDevices(shown.list).some(({ name, key }) => name === me.device && key === mine)
  return step === 'older' && !isThere ? 'put-back' : undefined
}

function sinceWhen(why: ShutOutWhy, { list }: OpenedDeviceList, device: string): string | undefined {
  const revokedAt = list.devices.find(({ name }) => name === device)?.revokedAt
  // The new device may be called as this one was.
  return revokedAt ?? (why === 'taken-over' ? list.signedAt : undefined)
}
