// Bounds of the live half that both sides of a wire must agree on. What an operator may set is the server's policy.

/** One frame with its header, bytes: a key frame of 1080p at a good rate, or a large still. Above it nothing is taken on any path. */
export const LIVE_FRAME_BYTES_MAX = 512 * 1024
/** Temporal layers a frame can name: 0 (the base) to 3. */
export const TEMPORAL_LAYERS_MAX = 4
/** Pictures per second a broadcast may announce. */
export const FRAMES_PER_SECOND_MAX = 120
/** Pictures that may be unacknowledged on one path, whatever the round trip: one second at 30 a second. */
export const ACK_WINDOW_MAX = 30
/** A frame connection, or a peer-to-peer one, on which nothing was heard for this long is gone, ms (promise: noticed within 3 s). */
export const LIVE_SILENCE_MS = 3_000
/** How often each side of a frame connection is pinged, ms: three chances within LIVE_SILENCE_MS, and 16 bytes a second. */
export const LIVE_PING_MS = 1_000
/** What was sent on one path and not acknowledged when it died is sent again on the other within this, ms (promise 8). */
export const RESEND_WITHIN_MS = 1_000
/** Sound older than this is dropped rather than sent, ms: later it would be out of step with what is seen. */
export const AUDIO_AGE_MAX_MS = 300
/** Key frames one viewer can cause: at most one in this time, ms; each costs every viewer as much as ten others. */
export const KEY_FRAME_AGAIN_MS = 500
/** After so long without room for pictures a viewer gets stills, or a refusal, ms. */
export const PENDING_MS = 10_000
/** A request to watch that the broadcaster leaves unanswered is over after this, ms. */
export const ASK_LIFE_MS = 5 * 60_000
/** A broadcast whose broadcaster is gone is kept this long for its return, ms: a laptop that changes networks. */
export const BROADCASTER_AWAY_MS = 30_000
/** A watch whose viewer is gone is kept this long for its return, ms; approval outlives it. */
export const VIEWER_AWAY_MS = 60_000
/** Viewers listed in one push; the count is told beside it. */
export const VIEWERS_TOLD_MAX = 100
/** People one broadcast may have approved and kicked, each. */
export const APPROVED_MAX = 1_000
/**
 * Highest epoch of a broadcast: each takes a note to every viewer, and nobody puts out a million people. An epoch and a sequence then make
 * one number below 2^52, which counting by one never misses.
 */
export const EPOCH_MAX = 2 ** 20 - 1
