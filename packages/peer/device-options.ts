// What a device is made of: who it is, its line and store, and what its platform gives it.

import type { Clock } from './clock.ts'
import type { DeviceEvent } from './device-event.ts'
import type { DeviceFiles } from './device-files.ts'
import type { DoctorProbes } from './doctor-probes.ts'
import type { Identity } from './identity/identity-record.ts'
import type { OwnList } from './identity/own-list.ts'
import type { People } from './identity/people.ts'
import type { ShutOut } from './identity/shut-out.ts'
import type { LivePlatform } from './live/live.ts'
import type { PathOpener } from './paths/openers.ts'
import type { PathDoors, WebrtcPaths } from './paths/webrtc-path.ts'
import type { Random } from './random.ts'
import type { RunHook } from './receive/on-ready.ts'
import type { PieceCrypto } from './send/piece-crypto.ts'
import type { RangeTokens } from './send/range-tokens.ts'
import type { RetentionFiles } from './send/retention.ts'
import type { SentCopies } from './send/sent-copies.ts'
import type { FolderEyes } from './send/watch.ts'
import type { Line } from './session/line.ts'
import type { Store } from './store/store.ts'

export interface DeviceOptions {
  readonly store: Store
  readonly people: People
  readonly line: Line
  readonly me: Identity
  /** The list behind `me`; one of its own where nothing is said. */
  readonly own?: OwnList
  /** Its signal is aborted with a Trouble when this device knows that it is over for good: what it does with others ends with it. */
  readonly shutOut?: Pick<ShutOut, 'signal' | 'facts'>
  readonly clock: Clock
  readonly random: Random
  readonly files: DeviceFiles
  readonly crypto: PieceCrypto
  /** One a kind of path that this platform has. */
  readonly openers: readonly PathOpener[]
  /** Its opener is among them: here it is told of notes, and given what it answers with. */
  readonly webrtc?: Pick<WebrtcPaths, 'begin' | 'take' | 'answerAtOnce'>
  /** Asks devices that cannot be dialled to dial, and dials when asked so. */
  readonly dialMe?: { begin(doors: PathDoors): void; readonly take: WebrtcPaths['take'] }
  /** What this platform has for live pictures; nothing where it is not said. */
  readonly livePlatform?: LivePlatform
  /** For `whoami`. */
  readonly home: string
  /** It stays: goes on with earlier fetches. Otherwise it lives for one command, which asks the server before it answers. */
  readonly stays: boolean
  /** Ask for mail every so often instead of waiting for pushes, ms. */
  readonly pollEveryMs?: number
  /** Media of mutual contacts are fetched there without being asked for. Absolute. */
  readonly fetchInto?: string
  /** Where to, when only the user's rules say what is fetched without being asked for. Absolute; neither: nothing is. */
  readonly fetchRuledInto?: string
  /** Where what other devices of this user sent is kept, when they hand it over. Absolute; absent: nothing is taken over. */
  readonly keepInto?: string
  /** The user calls the network of this device metered; no system tells. */
  readonly metered?: boolean
  readonly runHook?: RunHook
  /** Moves and deletes sent copies; without it they are kept. */
  readonly retentionFiles?: RetentionFiles
  /** Copies of its own that Doorpost gives out. */
  readonly sentCopies?: SentCopies
  /** What `doctor` may look at. */
  readonly probes?: DoctorProbes
  /** Writes a file of the user's: whole or not at all, never over another. */
  readonly saveFile?: (path: string, bytes: Uint8Array) => Promise<void>
  /** The real path of a file that other devices of this user may have sent from here. */
  readonly lent?: (path: string) => Promise<string | undefined>
  /** Looks at folders that somebody else writes into. */
  readonly folderEyes?: FolderEyes
  /** Of the door for other programs, where there is one. */
  readonly rangeTokens?: RangeTokens
  /** Where this device listens for direct paths. */
  networkAddresses(): readonly string[]
  onEvent(event: DeviceEvent): void
  /** The operation `stop` was asked for. */
  onStop(): void
}
