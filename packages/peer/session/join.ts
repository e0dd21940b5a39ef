// stub
import type { Identity } from '../identity/identity-record.ts'
import type { Store } from '../store/store.ts'

export interface JoinOptions {
  readonly store: Store
  readonly origin: string
  /** A bare name, or an address at that server's domain. */
  readonly user: string
  readonly device: string
  /** An invitation's token (base64url), where the server asks for one. */
  readonly invitation?: string
  /** Called once, before the name is registered, so that no account exists whose words nobody saw. */
  readonly showRecoveryWords: (words: readonly string[]) => void | Promise<void>
}

/**
 * Makes this store the home of a device of a new account. Throws Trouble `bad-address`, `not-available` (somebody joined
 * here already), `server-unreachable`, or the server's Refusal (`name-taken`, `registration-closed`, …). Asked again after a
 * crash with the same names it goes on with the keys it made.
 */
export async function join(_options: JoinOptions): Promise<Identity> {
  throw new Error('not yet')
}
