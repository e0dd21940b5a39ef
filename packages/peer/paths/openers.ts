// How paths are opened: one opener a kind, given to a device by its platform (direct needs TCP, webrtc a peer connection, the
// tunnel the line to the server). Which kinds may be used with whom is permitted.ts's, which is tried first choose.ts's.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { Path, PathKind } from './path.ts'

/** One device, as a path is opened to it. */
export interface Target {
  readonly address: DeviceAddress
  readonly deviceKey: Uint8Array
  /** `192.0.2.7:4711`, as the device said; empty where it is not known or not to be used. */
  readonly networkAddresses: readonly string[]
  /** The message that gives the right to ask: the tunnel names it to the server. */
  readonly message: { readonly from: DeviceAddress; readonly id: string }
}

export interface PathOpener {
  readonly kind: PathKind
  /** It is about to be asked for: gets what it needs for that, and tells nobody. */
  ready?(): void
  /** Rejects with what stood in the way, or the signal's reason. The signal ends opening; once open, the path is closed by `close`. */
  open(target: Target, signal: AbortSignal): Promise<Path>
}

/** Opens a path of this kind with the opener there is for it. Rejects where there is none. */
export async function openPath(
  openers: readonly PathOpener[],
  kind: PathKind,
  target: Target,
  signal: AbortSignal,
): Promise<Path> {
  const opener = openers.find((one) => one.kind === kind)
  if (!opener) throw new Error(`there is no ${kind} path here`)
  return await opener.open(target, signal)
}
