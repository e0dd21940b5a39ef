// Which part of a conversation is on the page: its end, or what is around one message. As many as a reader scrolls through and a page bears;
// whoever goes on comes to the next part. Pure.

/** Messages shown at first. */
const PAGE = 60
/** Messages on the page at most: with all of a long conversation each change would cost as much as that is long. */
export const SHOWN_MAX = 240

/** Args of `conversation`. */
export interface MessageWindow {
  readonly around?: string
  readonly limit: number
}

export function firstWindow(around: string | undefined): MessageWindow {
  return around === undefined ? { limit: PAGE } : { around, limit: PAGE }
}

/** More of what was before; `first`: the first message now. Once the page is full it is the part around that one. */
export function widerBefore(now: MessageWindow, first: string | undefined): MessageWindow {
  if (now.limit < SHOWN_MAX) return { ...now, limit: Math.min(now.limit * 2, SHOWN_MAX) }
  return first === undefined ? now : { around: first, limit: SHOWN_MAX }
}

/** What follows the last message of now. */
export function laterThan(now: MessageWindow, last: string | undefined): MessageWindow {
  return last === undefined ? now : { around: last, limit: SHOWN_MAX }
}
