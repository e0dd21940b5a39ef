// What a page and the device in its worker say to each other. Files, streams and ports go by transfer or structured clone;
// everything else is plain data.

import type { DeviceEvent } from '../device-event.ts'
import type { OperationName, Progress, TroubleCode } from '../operations.ts'
import type { LiveTask } from './live-contract.ts'
import type { DeviceChange, DeviceState, LinkAddresses, MediaRange, StorageState } from './contract.ts'

/** How the keys are locked: which passkey, and what it is asked for. base64url. */
export interface LockFacts {
  readonly credential: string
  readonly salt: string
}

/** What the page asks beside operations: arguments and answer. */
export interface Calls {
  signUp: { args: { name: string; invitation?: string; device?: string }; answer: void }
  /** Progress is the fingerprint, as text. */
  joinByLink: { args: { code: string; device?: string }; answer: void }
  recover: { args: { address: string; words: string; device?: string }; answer: void }
  recoveryWords: { args: null; answer: readonly string[] | undefined }
  wordsKept: { args: null; answer: void }
  lockFacts: { args: null; answer: LockFacts | undefined }
  /** `secret`: 32 bytes that only that passkey gives. */
  protect: { args: LockFacts & { secret: Uint8Array }; answer: void }
  unprotect: { args: null; answer: void }
  unlock: { args: { secret: Uint8Array }; answer: void }
  lock: { args: null; answer: void }
  forget: { args: null; answer: void }
  takeOver: { args: null; answer: void }
  readMedia: { args: MediaRange; answer: Uint8Array<ArrayBuffer> }
  keptFile: { args: { path: string }; answer: File | undefined }
  storage: { args: null; answer: StorageState }
  linkAddresses: { args: null; answer: LinkAddresses }
  showAddress: { args: { isShown: boolean }; answer: void }
  dropKept: { args: { id: string; root: string }; answer: void }
}
export type CallName = keyof Calls

export type ToDevice =
  /** First of all; `rtc` leads to rtc-page.ts where the browser has peer connections. */
  | { readonly kind: 'begin'; readonly rtc?: MessagePort }
  /** Instead, to link-worker.ts: the fragment of the page's address, without its #. */
  | { readonly kind: 'begin-link'; readonly fragment: string }
  | { readonly kind: 'do'; readonly ask: number; readonly name: OperationName; readonly args: unknown }
  | { readonly kind: 'call'; readonly ask: number; readonly name: CallName; readonly args: unknown }
  /** Nobody waits any more for the answer to this one. */
  | { readonly kind: 'stop'; readonly ask: number }
  | { readonly kind: 'given'; readonly path: string; readonly file: File; readonly folder: readonly string[] }
  | { readonly kind: 'sink'; readonly path: string; readonly stream: WritableStream<Uint8Array> }
  | { readonly kind: 'media-port'; readonly port: MessagePort }
  /** One thing shown or watched, over a port of its own (live-contract.ts). */
  | { readonly kind: 'live'; readonly port: MessagePort; readonly task: LiveTask }
  /** The page is seen again, or the network came back. */
  | { readonly kind: 'wake' }

export type FromDevice =
  | { readonly kind: 'state'; readonly state: DeviceState }
  | { readonly kind: 'answer'; readonly ask: number; readonly value: unknown }
  | { readonly kind: 'trouble'; readonly ask: number; readonly trouble: PlainTrouble }
  | { readonly kind: 'progress'; readonly ask: number; readonly progress: Progress | string }
  | { readonly kind: 'change'; readonly change: DeviceChange }
  | { readonly kind: 'event'; readonly event: DeviceEvent }
  /** A film is about to be kept: pages alone may ask that nothing is cleared away. */
  | { readonly kind: 'keeps' }

export interface PlainTrouble {
  readonly code: TroubleCode
  readonly detail: string
  readonly todo?: string
}
