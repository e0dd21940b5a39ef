// What a page has of the device that runs in its worker. Types alone, so that a page's bundle holds nothing of the device;
// connect.ts gives one, web/pretend-device.ts pretends to be one.

import type { DeviceEvent } from '../device-event.ts'
import type { Peer, Trouble, TroubleCode } from '../operations.ts'
import type { LiveTask } from './live-contract.ts'

export type { DeviceEvent } from '../device-event.ts'
export type {
  ContactLine,
  Conversation,
  Draft,
  InboxEntry,
  LinkStatus,
  ListedMedia,
  OperationName,
  Operations,
  OwnDevices,
  Peer,
  PreferenceEdit,
  Progress,
  SentStatus,
  TalkMark,
  TalkMessage,
  TalkPerson,
  Trouble,
  TroubleCode,
} from '../operations.ts'

/** none: keys lie open in the browser's storage. passkey: a passkey has to open them first. */
export type Protection = 'none' | 'passkey'

/**
 * opening: nothing is known yet. elsewhere: another tab is the device; `takeOver` makes it this one. none: nobody signed up
 * here. locked: `unlock` first. open: operations work, on-line or not. closed: it ended; `detail` is a sentence, and
 * loading the page again opens it.
 */
export type DeviceState =
  | { readonly state: 'opening' }
  | { readonly state: 'elsewhere' }
  | { readonly state: 'none' }
  | { readonly state: 'locked'; readonly address: string }
  | {
      readonly state: 'open'
      /** `alice@example.org`. */
      readonly address: string
      /** `browser`. */
      readonly device: string
      readonly online: boolean
      readonly protection: Protection
      /** Recovery words were made here and nobody said yet that they are written down. */
      readonly wordsToKeep: boolean
    }
  | { readonly state: 'closed'; readonly detail: string; readonly code?: TroubleCode; readonly why?: ClosedWhy }

/**
 * What a screen has words of its own for. ended: its worker did. cleared: the browser took away what was kept here while it was open.
 * no-storage: the browser keeps nothing for this page.
 */
export type ClosedWhy = 'ended' | 'cleared' | 'no-storage'

/** What may look otherwise than a moment ago. `id`: the one message it is about, where it is one; with `shown`, the device that shows something. */
export interface DeviceChange {
  readonly what: 'line' | 'inbox' | 'sent' | 'people' | 'preferences' | 'devices' | 'talk' | 'shown'
  readonly id?: string
}

/** A part of a media, for a player. */
export interface MediaRange {
  /** Message id and root, as `inbox` lists them. */
  readonly id: string
  readonly root: string
  /** Bytes. `length`: at most this many are answered; anything from 1 up. */
  readonly offset: number
  readonly length: number
  /** True: what comes is kept, as by `get` into `/kept`. False: it is played and forgotten. */
  readonly keep: boolean
}

export interface KeptMedia {
  readonly id: string
  readonly root: string
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  /** Of those, here. Less than `sizeBytes` while it is fetched. */
  readonly hereBytes: number
  /** For `keptFile`, once it is whole. */
  readonly path?: string
}

export interface StorageState {
  /** As the browser tells them; its own measure, not the disk's. Both 0 where it tells nothing. */
  readonly usedBytes: number
  readonly quotaBytes: number
  /** The browser clears nothing away by itself. */
  readonly persisted: boolean
  readonly kept: readonly KeptMedia[]
}

/**
 * Of a link's page: whether it may be fetched straight from the device behind the link. not-offered: its sender did not agree, or this
 * browser cannot. hidden: the person here was not asked, or said no; no address leaves.
 */
export type LinkAddresses = 'not-offered' | 'hidden' | 'shown'

/**
 * The device of this browser profile. Everything that takes a while rejects Trouble, whose `message` is a sentence a user can
 * read.
 */
export interface BrowserDevice {
  /** The same object until it changes (for useSyncExternalStore). */
  readonly state: DeviceState
  /** Whatever `state` says now. The returned function ends it; so with the other two. */
  onState(listener: (state: DeviceState) => void): () => void
  onChange(listener: (change: DeviceChange) => void): () => void
  onEvent(listener: (event: DeviceEvent) => void): () => void

  /** Every operation of operations.ts. Throws Trouble `no-identity` unless the state is `open`; while it is `opening`, waits. */
  readonly do: Peer['do']

  /** Makes keys and an account. In state `none`; `open` when it resolves. `device` is `browser` where nothing is said. */
  signUp(options: { readonly name: string; readonly invitation?: string; readonly device?: string }): Promise<void>
  /**
   * Makes this browser a device of an account that exists, by the code or link that its primary device shows. `onFingerprint`
   * gives what both screens show while the other one is asked. In state `none`; `open` when it resolves.
   */
  joinByLink(options: {
    readonly code: string
    readonly device?: string
    readonly onFingerprint?: (fingerprint: string) => void
    readonly signal?: AbortSignal
  }): Promise<void>
  /** Brings an account back by its recovery words. In state `none`; `open` when it resolves. */
  recover(options: { readonly address: string; readonly words: string; readonly device?: string }): Promise<void>

  /** The words made at sign-up, until `wordsKept`; undefined from then on, and on devices that were linked. */
  recoveryWords(): Promise<readonly string[] | undefined>
  /** The user wrote them down: they are forgotten here. */
  wordsKept(): Promise<void>

  /** Whether this browser can lock the keys with a passkey (WebAuthn with PRF); asks nobody anything. */
  canProtect(): Promise<boolean>
  /** Makes a passkey and locks the keys with it from now on. Call it from a click. Throws `not-available` where there is no PRF. */
  protect(): Promise<void>
  /** Takes the lock away. */
  unprotect(): Promise<void>
  /** From a click. In state `locked`. */
  unlock(): Promise<void>
  /** Ends the device of this tab until `unlock`. Only where a passkey protects it. */
  lock(): Promise<void>
  /** Clears keys, messages and kept copies away from this browser; it cannot be undone. State `none` afterwards. */
  forget(): Promise<void>
  /** In state `elsewhere`: this tab becomes the device, the other one `elsewhere`. */
  takeOver(): Promise<void>

  /**
   * A file that the user chose, to be named in a draft's `files` by what is answered. It can be sent and served as long as this tab stays open.
   * `folder`: those around it, outermost first, where a whole folder was chosen.
   */
  registerFile(file: File, folder?: readonly string[]): string
  /** Somebody who takes bytes in order, as the `socket` of `get.stream`: a file of the save picker. */
  registerSink(stream: WritableStream<Uint8Array>): string

  /**
   * Verified bytes of a media for a player: between 1 and `length` of them from `offset`, as soon as the first are here,
   * at most one piece. Nothing (0 bytes) only at its end. What comes next is asked for from there on. Works for copies that are here,
   * for those on their way, and for those nobody asked for yet. Reading ends by the signal, or a while after the last read.
   */
  readMedia(range: MediaRange, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
  /**
   * The same through a port, which can be given on to a service worker: post MediaAsk, hear MediaTold. It lives as
   * long as this tab is the device.
   */
  mediaPort(): MessagePort

  /**
   * Shows what this page captures, or watches what somebody shows, through a port: post ToLive, hear FromLive. It is over when it says so; posting
   * `leave` ends it.
   */
  live(task: LiveTask): MessagePort

  /** A kept copy as a file that the browser reads from its storage when it is read; undefined where there is only `readMedia` for it. Throws `no-such-file`. */
  keptFile(path: string): Promise<File | undefined>
  storage(): Promise<StorageState>
  /** Of a link's page. Others throw Trouble `not-available`. */
  linkAddresses(): Promise<LinkAddresses>
  /** Of a link's page: the device behind the link may see this browser's network address, or may not any more. */
  showAddress(isShown: boolean): Promise<void>
  /** Clears a kept copy, or what is here of it, away. */
  dropKept(what: { readonly id: string; readonly root: string }): Promise<void>
}

/** Asked on a media port. `ask` numbers it; `stop` ends the one with that number. */
export type MediaAsk = { readonly ask: number; readonly range: MediaRange } | { readonly stop: number }

/** Answered there. `bytes` are the receiver's own. */
export type MediaTold =
  | { readonly ask: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ask: number; readonly trouble: { readonly code: Trouble['code']; readonly detail: string } }
