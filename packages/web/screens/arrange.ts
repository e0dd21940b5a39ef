// Messages as they stand on the page: by day, and within a day what one person said in one go. Pure.

import type { TalkMark, TalkMessage } from '../device-connection.ts'
import type { Formats } from '../words/formats.ts'
import type { Words } from '../words/en.ts'

/** Silence after which the same person begins anew, ms. */
const GO_MS = 5 * 60_000

/** What one person said in one go: the name stands above, the time below. */
export interface Go {
  readonly from: string
  readonly mine: boolean
  readonly messages: readonly TalkMessage[]
}

export interface Day {
  /** `Today`, `3 May`. */
  readonly name: string
  readonly goes: readonly Go[]
}

/** `messages`: oldest first. */
export function arrange(messages: readonly TalkMessage[], formats: Pick<Formats, 'day'>, nowMs: number): Day[] {
  const days: { name: string; goes: { from: string; mine: boolean; messages: TalkMessage[] }[] }[] = []
  let before: TalkMessage | undefined
  for (const message of messages) {
    const name = formats.day(message.at, nowMs)
    let day = days.at(-1)
    if (day?.name !== name) {
      day = { name, goes: [] }
      days.push(day)
    }
    const go = day.goes.at(-1)
    const goesOn = go && before && go.from === message.from && Date.parse(message.at) - Date.parse(before.at) < GO_MS
    if (goesOn) go.messages.push(message)
    else day.goes.push({ from: message.from, mine: message.mine, messages: [message] })
    before = message
  }
  return days
}

/** How far one's own message is, in words. `names`: of an address. Who declined counts as delivered. */
export function marksSentence(
  { waits, marks = [] }: Pick<TalkMessage, 'waits' | 'marks'>,
  words: Words['talk'],
  name: (address: string) => string,
): string {
  if (waits) return words.waits
  const read = marks.filter(({ state }) => state === 'read' || state === 'fetched')
  const delivered = marks.filter(({ state }) => state === 'delivered' || state === 'refused')
  const called = (some: readonly TalkMark[]) => some.map(({ address }) => name(address))
  if (marks.length > 0 && read.length === marks.length) return words.read
  if (marks.length > 0 && read.length + delivered.length === marks.length && read.length === 0) return words.delivered
  if (read.length > 0) return words.readBy(called(read))
  if (delivered.length > 0) return words.deliveredTo(called(delivered))
  return words.sent
}
