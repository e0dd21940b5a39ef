// The one mistake in a message that a person can mend: its date, by setting a clock. Apart from errors.ts, which weighs more than
// those who tell of it may load.

/** What a server says of a message that is dated later than CLOCK_SKEW_MS allows (limits.ts). */
export const CLOCK_AHEAD = 'date: in the future; check the clock of this device'
