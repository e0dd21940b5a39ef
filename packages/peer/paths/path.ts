// A path: a way for pieces to come from one device. What every kind of path (direct, webrtc, tunnel, memory) gives to fetch.ts,
// and what a source answers, whatever carried the question. Opening, choosing and retrying are the business of others;
// verifying is fetch.ts's: a path carries bytes and vouches for nothing. path.contract.ts holds every implementation to this.

import type { TunnelRequest } from '@doorpost/protocol/tunnel-request'

/** The ways bytes can go between two devices; `memory` exists in tests. */
export type PathKind = 'direct' | 'webrtc' | 'tunnel' | 'memory'

/** Which media is asked for. Sources serve by both together and to permitted callers only; never by root alone. */
export type MediaRef = { messageId: string; root: Uint8Array }

/** One piece of it. `length` is the piece's own length in bytes (pieceRange), so that no answer can be longer. */
export type PieceRef = { index: number; length: number }

/**
 * Who asks: an address with a device (`bob@example.org/laptop`) and that device's Ed25519 key, both proved; and by which kind of
 * path, set by what answers on that path: what may be had differs by it (permitted.ts).
 */
export type Caller = {
  address: string
  deviceKey: Uint8Array
  via: PathKind
  /** What a link holder showed with its request; whether it is any good is send/grants.ts's to say. */
  grant?: NonNullable<TunnelRequest['grant']>
}

/**
 * Why a piece or a list did not come. Closed: every path knows these and no others.
 * refused: not permitted, or no such media (one answer for both). source-changed: the sender's file is not what was sent; the
 * source found out at `piece`. source-away: the file is missing or its drive unplugged; later is worth a try.
 * bad-piece: what came cannot be this piece. line-broken: the path is over, whoever's fault; another may be opened.
 */
export type PathFault =
  | { state: 'refused' }
  | { state: 'source-changed'; piece: number }
  | { state: 'source-away' }
  | { state: 'bad-piece'; piece: number }
  | { state: 'line-broken'; cause: string }

/** A list as it came: nobody has checked it against the root yet. */
export type ListAnswer = { state: 'here'; list: Uint8Array } | PathFault

/** Which pieces the source can give now: one bit a piece, piece 0 the highest bit of the first byte (BEP 3, bitfield). */
export type HaveAnswer = { state: 'here'; have: Uint8Array } | PathFault

/**
 * Pieces that the source gives to this caller before anybody else, so that copies spread: pieces it has given to nobody yet.
 * Empty when each was given out once, or is promised to somebody. A claim not asked for within CLAIM_MS is given to another.
 * Asking for a piece that was not claimed is served all the same.
 */
export type ClaimAnswer = { state: 'here'; pieces: readonly number[] } | PathFault

/** What a source says to a link holder who offered a path: sealed (protocol/grant-path.ts). */
export type OfferedAnswer = { state: 'here'; said: Uint8Array } | PathFault

/**
 * A piece as it came, still encrypted and not verified. `bytes` is the buffer that `take` gave, cut to the piece.
 * `proven` says whether the carrier itself authenticates the source: bad bytes from one that does not (a plain lane) blame nobody.
 */
export type PieceAnswer = { state: 'here'; bytes: Uint8Array; proven: boolean } | PathFault

/**
 * Gives a buffer of at least the piece's length, at the moment its bytes begin to arrive. A promise means "not now": the path
 * stops reading until it settles. The buffer is the path's until that piece is answered, then the caller's again.
 */
export type TakeBuffer = (piece: PieceRef) => Uint8Array | Promise<Uint8Array>

export interface Path extends Disposable {
  readonly kind: PathKind

  /** The piece list of `media`, at most `maxBytes`. May be asked while pieces are under way; answered in the order asked. */
  list(media: MediaRef, maxBytes: number, signal: AbortSignal): Promise<ListAnswer>

  /**
   * Asks for one piece. Several may be asked at once: the source answers in the order asked, so the caller keeps a window of them in
   * flight. Never rejects. Aborting a question that is under way closes the whole path, as answers cannot be skipped.
   */
  piece(media: MediaRef, piece: PieceRef, take: TakeBuffer, signal: AbortSignal): Promise<PieceAnswer>

  /** Which pieces can be had here; a whole copy has all. Answered in the order asked, like everything. */
  have(media: MediaRef, signal: AbortSignal): Promise<HaveAnswer>

  /** At most `count` (1 to CLAIM_PIECES_MAX) pieces that nobody else was given by this source. */
  claim(media: MediaRef, count: number, signal: AbortSignal): Promise<ClaimAnswer>

  /**
   * Go on over a carrier that authenticates the source, for everything asked from now on. Idempotent.
   * Called when a piece that was not `proven` failed its hash, before it is asked again.
   */
  distrust(): void

  /** Total bytes that have arrived on this path, pieces and all else. Grows while the line is alive; stalls are noticed by it. */
  readonly bytesArrived: number

  /** Ends it. Whatever is in flight is answered `line-broken`, and no buffer is touched afterwards. Idempotent; never throws. */
  close(): void
  [Symbol.dispose](): void

  /** Settles when the path has ended, by either side, never rejects. */
  readonly closed: Promise<void>
}

/** An encrypted piece that matched its hash, lent until `release` is called (exactly once, when the bytes have left). */
export type PieceLease = { state: 'here'; bytes: Uint8Array; release(): void }

/** What answers on the other end of a path: send/serve.ts makes one. No method rejects, not even when aborted. */
export interface Source {
  list(caller: Caller, media: MediaRef, signal: AbortSignal): Promise<ListAnswer>
  piece(caller: Caller, media: MediaRef, index: number, signal: AbortSignal): Promise<PieceLease | PathFault>
  have(caller: Caller, media: MediaRef, signal: AbortSignal): Promise<HaveAnswer>
  claim(caller: Caller, media: MediaRef, count: number, signal: AbortSignal): Promise<ClaimAnswer>
  /** The answer to the offer of a path that the caller showed with its question. Without it there is none. */
  offered?(caller: Caller, media: MediaRef): Promise<OfferedAnswer>
}
