// One message of a conversation as a line of a terminal: when, who, what, and for one's own how far it got. Pure.

import { markWords } from '@doorpost/peer/catalogue/talk'
import { sizeText } from '@doorpost/peer/catalogue/quantity'
import type { TalkMessage } from '@doorpost/peer/operations'
import { shortId } from '../resolve-id.ts'
import { fitted } from './cell-width.ts'
import { printable, printableText } from './printable.ts'
import { whenText } from './when.ts'

/** Shown of the message that is answered, cells. */
const ANSWERED_CELLS = 40

/** `bob` for somebody of one's own server, else the whole address. */
export function shownName(address: string, me: string): string {
  const domain = me.slice(me.indexOf('@'))
  return printable(address.endsWith(domain) ? address.slice(0, -domain.length) : address)
}

/** `answered`: the text of the message it answers, where it is known. */
export function chatLine(
  message: TalkMessage,
  { me, nowMs, answered }: { readonly me: string; readonly nowMs: number; readonly answered?: string | undefined },
): string {
  const { title, text, media, mine, marks, failed } = message
  const who = mine ? 'you' : shownName(message.from, me)
  const files = media.map(({ name, sizeBytes }) => `[${printable(name)}, ${sizeText(sizeBytes)}]`)
  const fetch = media.length > 0 && !mine ? [`doorpost get ${shortId(message.id)}`] : []
  // A text of several lines stays one message to the eye.
  const words = [
    title === undefined ? undefined : printable(title),
    text && printableText(text).replaceAll('\n', '\n      '),
  ]
  const answers = answered === undefined ? [] : [`(answers “${fitted(printable(answered), ANSWERED_CELLS)}”)`]
  const state = failed ?? (mine ? markWords(marks ?? []) : '')
  const line = [...answers, ...words.filter((one) => one !== undefined && one !== ''), ...files, ...fetch].join(' ')
  return `${whenText(message.at, nowMs)} ${who}: ${line}${state === '' ? '' : `  · ${printable(state)}`}`
}
