// Answers a link holder who offers a webrtc path, where whoever made the link said that its owner may see this device's network address.
// Everything else is refused before a candidate is gathered. Whether the caller owns the link is grants.ts's to say.

import {
  GRANT_PATH_NONCE_BYTES,
  type GrantPathContext,
  openGrantOffer,
  sealGrantAnswer,
} from '@doorpost/protocol/grant-path'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { grantPathKey } from '@doorpost/protocol/grant'
import type { Identity } from '../identity/identity-record.ts'
import type { Caller, OfferedAnswer } from '../paths/path.ts'
import type { WebrtcPaths } from '../paths/webrtc-path.ts'
import type { Random } from '../random.ts'
import type { GrantRecord } from './grant-record.ts'

export interface GrantPathsOptions {
  readonly me: Pick<Identity, 'address' | 'deviceKey'>
  readonly random: Random
  /** Undefined where this device has none. */
  readonly webrtc?: Pick<WebrtcPaths, 'answerAtOnce'>
  /** This user wished since that whoever comes under this address sees none. */
  hidesFrom(address: DeviceAddress): boolean
}

/** `caller`: owns this open link. Never rejects. */
export async function answerOffer(
  caller: Caller,
  record: GrantRecord,
  { me, random, webrtc, hidesFrom }: GrantPathsOptions,
): Promise<OfferedAnswer> {
  const { offer: shown, vouched } = caller.grant ?? {}
  if (!record.opens || !webrtc || !shown || vouched === undefined) return { state: 'refused' }
  if (hidesFrom(caller.address as DeviceAddress)) return { state: 'refused' }
  const key = grantPathKey({ secret: fromBase64url(record.secret), fingerprint: record.fingerprint })
  const { attempt, sealed } = shown
  const context: GrantPathContext = { source: me.address, id: record.id, attempt, browser: caller.deviceKey }
  const offer = openGrantOffer(key, context, sealed)
  if (!offer) return { state: 'refused' }
  // What it proved goes along, as on every request through the tunnel; what it offered has been answered.
  const { address, deviceKey } = caller
  const comes: Caller = { address, deviceKey, via: 'webrtc', grant: { vouched } }
  try {
    const answer = await webrtc.answerAtOnce(comes, attempt, offer)
    if (!answer) return { state: 'source-away' }
    return { state: 'here', said: sealGrantAnswer(key, context, answer, me.deviceKey, random(GRANT_PATH_NONCE_BYTES)) }
  } catch {
    // No connection can be made here now; the tunnel carries on.
    return { state: 'source-away' }
  }
}
