// A two-way line of bytes to one device that has proved itself: in order, whole, or over. What direct-path, webrtc and tunnel
// give to framed-path.ts (the one who asks) and framed-answers.ts (the one who answers).

export interface Carrier {
  /**
   * Takes bytes in the order given; what is written in one turn may leave together. The bytes are the carrier's until `onGone`,
   * which is called once: when they have left, or when the carrier is over. After the end it does nothing but that.
   */
  write(bytes: Uint8Array, onGone?: () => void): void
  /** Set once, by whoever reads. Bytes are lent for the length of the call. */
  onData: (bytes: Uint8Array) => void
  /** Set once. Called once, also when `close` was called here; nothing comes after it. */
  onEnd: (cause: string) => void
  /** `onData` is not called, and the other end is held back, until `resume`. A carrier begins paused. */
  pause(): void
  resume(): void
  /** Ends it at both ends. Idempotent; never throws. */
  close(cause: string): void
}
