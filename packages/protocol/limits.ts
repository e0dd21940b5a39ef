// Every bound that two sides of a wire must agree on. Bounds of one side alone stand beside what they bound.

/** Largest SEND body, bytes: any envelope that is right fits (1.4 MB of body and 512 keys of 3.2 kB, as base64url in JSON). */
export const SEND_BODY_BYTES_MAX = 4 * 1024 * 1024
/** Largest sealed message body, bytes of ciphertext: about 2,000 handles of 400 bytes. */
export const MESSAGE_BODY_BYTES_MAX = 1024 * 1024
/** Recipients of one message. */
export const RECIPIENTS_MAX = 100
/** Devices in one list that are not revoked: a person's, with room. */
export const DEVICES_MAX = 16
/** Entries of a device list, revoked ones included; beyond it the oldest revoked ones must be dropped. */
export const DEVICE_ENTRIES_MAX = 64
/** Media of one message. */
export const MEDIA_MAX = 2000
/** Devices a message is sealed for. */
export const SEALED_KEYS_MAX = 512
/** One age file for one device, bytes: one hybrid stanza and a plaintext of fixed size come to 1,803. */
export const SEALED_KEY_BYTES_MAX = 2048
/** Title, copyright, who, what, when, where, why: characters. */
export const FIELD_LENGTH_MAX = 1000
/** Text of a message: characters. */
export const TEXT_LENGTH_MAX = 100_000
/** Longest life of a message, ms: 90 days. */
export const LIFETIME_MAX_MS = 90 * 24 * 3600_000
/** Life of a message when nothing is said, ms: 30 days. */
export const LIFETIME_DEFAULT_MS = 30 * 24 * 3600_000
/** Clock difference forgiven in dates and proofs, ms. */
export const CLOCK_SKEW_MS = 5 * 60_000
/** Life of a login nonce, ms (DESIGN section 4). */
export const NONCE_LIFE_MS = 60_000
/** Life of a login token, ms (DESIGN section 4). */
export const TOKEN_LIFE_MS = 15 * 60_000
/** Silence after which a device counts as gone, ms: two 15 s heartbeats and one slow round trip. */
export const DEVICE_SILENCE_MS = 35_000
/** A push that was not acknowledged by REMOVE is sent again after this, ms: within DEVICE_SILENCE_MS. */
export const PUSH_AGAIN_MS = 30_000
/** Network addresses one device may say it can be reached at. */
export const NETWORK_ADDRESSES_MAX = 16
/** Sealed preferences of one user, bytes of ciphertext: a thousand people in two lists, and rules. */
export const PREFERENCES_BYTES_MAX = 64 * 1024
/** Ids in one RETRIEVE or REMOVE. */
export const IDS_MAX = 500
/** A request or a small answer through PIPE, bytes. */
export const PIPE_BYTES_MAX = 64 * 1024
/** How long PIPE holds, ms: under the usual 60 s of proxies. */
export const PIPE_HOLD_MS = 30_000
/** Bytes of one preview: sharp on a card and a few dozen in one message. */
export const PREVIEW_BYTES_MAX = 24 * 1024
/** Longer side of a preview, px: a card's width on a screen with two pixels a point. */
export const PREVIEW_SIDE_MAX = 640
/** Length that a preview may tell of its media, s: a year, longer than any film. */
export const PREVIEW_DURATION_MAX_S = 366 * 86_400
