// What a person can ask of their device about live pictures; part of operations.ts.

import type { SourceWish } from './media.ts'

/** What the server's connections for live pictures may carry and carry now, of all broadcasts together. */
export interface CapacityNow {
  bytesPerSecondMax: number
  bytesPerSecond: number
  connectionsMax: number
  connections: number
}

export interface LiveShowing {
  broadcast: string
  /** Who asks to watch and has no answer yet. */
  asking: string[]
  viewers: {
    address: string
    state: 'asked' | 'pending' | 'watching' | 'over'
    /** While watching: which way pictures go to them. */
    path?: 'server' | 'peer'
    pictures?: 'moving' | 'stills'
    /** Why they wait, or why it is over. */
    reason?: string
    bytesPerSecond: number
    skipped: number
  }[]
  /** Where pictures go now. */
  sinks: 'none' | 'server' | 'peer' | 'both'
  /** Pictures and stills of the source so far. */
  frames: number
  /** Pictures that a slow path was spared. */
  skipped: number
  /** Once the server said so. */
  capacity?: CapacityNow
}

export interface LiveWatching {
  user: string
  state: 'asked' | 'pending' | 'watching' | 'over'
  reason?: string
  /** While watching: what comes. */
  pictures?: 'moving' | 'stills'
  /** Stills come because there is no room for the moving pictures that were asked for. */
  noRoom?: true
  /** Which way the last picture came. */
  path?: 'server' | 'peer'
  /** How often pictures came to take the other way. */
  switches: number
  /** Pictures in order. */
  shown: number
  /** Numbers that never came: shed for this viewer, lost, or stills that only others get. */
  missing: number
  /** Came twice, and were shown once. */
  doubled: number
  /** Came after later ones were shown, and were not. */
  late: number
  /** Came, and could not be opened, or came before the first key frame. */
  unshown: number
  /** All who watch this broadcast. */
  viewers: number
  /** Once let in. */
  capacity?: CapacityNow
}

/** `live` progress. */
export type LiveChange = { what: 'showing'; showing: LiveShowing } | { what: 'watching'; watching: LiveWatching }

/** People as they are let in; `always`: without asking. `never`: put out, until lifted. */
export interface LiveStanding {
  always: string[]
  never: string[]
  showing: LiveShowing[]
}

export interface LiveOperations {
  /** Shows until the source ends, or its caller goes. `to`: let in without being asked about. Reports `live`. */
  'live.show': {
    args: SourceWish & {
      to: string[]
      /** Whose requests are passed on. */
      asks?: 'contacts' | 'anybody'
      /** Most pictures a viewer may leave unacknowledged; 1 is strict. */
      ackWindow?: number
      /** Writes the pictures into this file, too, which must not be there yet; absolute. */
      record?: string
    }
    result: { broadcast: string; frames: number; skipped: number; reason: string }
  }
  /** What this device shows, and to whom. */
  'live.showing': { args: Record<string, never>; result: LiveStanding }
  /** The sound of all films that this device shows, off or on again. */
  'live.mute': { args: { muted: boolean }; result: LiveStanding }
  /** What the server's connections carry now, asked anew each time. */
  'live.capacity': { args: Record<string, never>; result: CapacityNow }
  /**
   * `approve`, `decline`: whoever asks now. `allow`: onto the list of those who are let in without asking, and lets them in. `kick`: out, and
   * refused until `lift`. `lift`: off both lists.
   */
  'live.decide': {
    args: { user: string; decision: 'approve' | 'decline' | 'allow' | 'kick' | 'lift' }
    result: LiveStanding
  }
  /**
   * Watches until it is over, or its caller goes. One of: `into`, a film with its sound that must not be there yet; `stills`, a folder that gets
   * a JPEG for each still; `socket`, which gets pictures and sound as they come, as Matroska. Reports `live`.
   */
  'live.watch': {
    args: {
      user: string
      into?: string
      stills?: string
      socket?: string
      ackWindow?: number
      /** `false`: pictures alone. */
      sound?: false
    }
    result: LiveWatching
  }
}
