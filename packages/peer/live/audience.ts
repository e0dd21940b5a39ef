// Whom one broadcast is shown to: who asks, who was let in, who was told a key, who was put out. The key is told before the server is, and
// what needs no server is done before it is asked. Who is let in without asking is live.ts's; frames are broadcast.ts's.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Decision } from '@doorpost/protocol/live/control'
import { APPROVED_MAX } from '@doorpost/protocol/live/limits'
import type { Line } from '../session/line.ts'
import type { EpochKey, Sealer } from './sealer.ts'

/** Who asks and was not answered: more than anybody reads through. Others may ask again. */
const ASKING_MAX = 100

export interface AudienceOptions {
  /** Its id. */
  readonly broadcast: string
  readonly line: Pick<Line, 'call'>
  readonly sealer: Pick<Sealer, 'newest' | 'renew'>
  /** Seals the key to the devices of a user and hands it in; resolves when that is done, or cannot be soon. */
  tellKey(user: UserAddress, broadcast: string, key: EpochKey): Promise<void>
  /** Ends every peer-to-peer connection with this user's devices. */
  hangUp(user: UserAddress): void
  /** A new key is used from the next key frame on. */
  wantKeyFrame(): void
  onChange(): void
  onFault(error: unknown): void
}

export interface Audience {
  /** Who asks and has no answer. */
  readonly asking: readonly UserAddress[]
  /** Let in and not put out. */
  isApproved(user: UserAddress): boolean
  /** Has the newest key, or an older one. */
  wasTold(user: UserAddress): boolean
  /** The person was asked, and decides later. */
  ask(user: UserAddress): void
  /** Resolves when the server was told; what needs no server is done at once. Rejects with what the line throws. */
  decide(user: UserAddress, decision: Decision['decision']): Promise<void>
  /** Let in before, and here anew: they may have lost what they were told. */
  tellAgain(user: UserAddress): void
  /** What was sent until now stays theirs who were told; what comes from the next key frame on is for those who are told then. */
  renewKey(): void
  /** What a server that knows nothing of it has to be told again. */
  decisions(): Decision[]
}

export function createAudience(options: AudienceOptions): Audience {
  const { broadcast, line, sealer } = options
  const approved = new Set<UserAddress>()
  const told = new Set<UserAddress>()
  const asking = new Set<UserAddress>()
  /** Put out and not let in again: said again to a server that starts anew, or was away when it was said. */
  const putOut = new Set<UserAddress>()
  /** Decisions reach the server one after the other: one that overtook another would turn it round. */
  let said: Promise<unknown> = Promise.resolve()

  async function say(user: UserAddress, decision: Decision['decision']): Promise<void> {
    const before = said
    const saying = before.then(async () => {
      // Put out while the key was told.
      if (decision === 'approve' && !approved.has(user)) return
      await line.call('SEND', `/live/${broadcast}/decisions`, { body: { user, decision } })
    })
    said = saying.catch(() => {})
    await saying
  }

  async function admit(user: UserAddress): Promise<void> {
    approved.add(user)
    putOut.delete(user)
    asking.delete(user)
    told.add(user)
    // The key first: frames come as soon as the server knows.
    await options.tellKey(user, broadcast, sealer.newest)
    await say(user, 'approve')
    options.onChange()
  }

  function renewKey(): void {
    const key = sealer.renew()
    for (const user of told) options.tellKey(user, broadcast, key).catch(options.onFault)
    options.wantKeyFrame()
  }

  return {
    get asking() {
      return [...asking]
    },
    isApproved: (user) => approved.has(user),
    wasTold: (user) => told.has(user),
    ask(user) {
      if (asking.size < ASKING_MAX) asking.add(user)
    },
    async decide(user, decision) {
      if (decision === 'approve') return await admit(user)
      asking.delete(user)
      const wasIn = approved.delete(user)
      // What needs no server comes first: it may not be there, or not want to hear.
      putOut.delete(user)
      if (decision === 'kick') {
        if (putOut.size < APPROVED_MAX) putOut.add(user)
        options.hangUp(user)
      }
      if (told.delete(user) || wasIn) renewKey()
      options.onChange()
      await say(user, decision)
    },
    tellAgain(user) {
      told.add(user)
      options.tellKey(user, broadcast, sealer.newest).catch(options.onFault)
    },
    renewKey,
    decisions: () => [
      ...[...approved].map((user): Decision => ({ user, decision: 'approve' })),
      ...[...putOut].map((user): Decision => ({ user, decision: 'kick' })),
    ],
  }
}
