// Preferences in words, the same on every screen. Pure: preferences in, lines out; where they stand is the screen's business.

import type { Preferences } from '@doorpost/protocol/preferences'
import { rateText, sizeText } from './quantity.ts'

export interface PreferenceLine {
  readonly name: string
  readonly says: string
}

type Rule = Preferences['fetch'][number]

const whenFetched: Record<Preferences['sent']['whenFetched'], string> = {
  keep: 'the sent copy is kept',
  archive: 'the sent copy is moved to the archive',
  delete: 'the sent copy is deleted',
}

export function preferenceLines(preferences: Preferences): PreferenceLine[] {
  const { priority, junk, fetch, requestsPerDay, serve, openTo, tunnelOnly, sent, marks, tellReceived } = preferences
  return [
    { name: 'Comes first', says: listed(priority) },
    { name: 'Junk', says: listed(junk) },
    ...fetch.map((rule, index) => ({ name: `Rule ${index + 1}`, says: ruleSentence(rule) })),
    {
      name: fetch.length === 0 ? 'Fetched by itself' : 'Else',
      says: 'as the agent was started: doorpost agent --fetch fetches what contacts send',
    },
    { name: 'Requests', says: requestsSentence(requestsPerDay) },
    { name: 'Copies', says: copiesSentence(serve) },
    {
      name: 'Network address',
      says: `shown to contacts${but(tunnelOnly)}${openTo.length === 0 ? '' : `, and to ${openTo.join(', ')}`}`,
    },
    { name: 'When all have it', says: whenFetched[sent.whenFetched] },
    {
      name: 'Reminders',
      says: sent.remindHours === 0 ? 'none' : `${sent.remindHours} h before the end, to those who have not fetched`,
    },
    {
      name: 'Read marks',
      says:
        marks === 'on'
          ? 'contacts see what you have read, and that you write; you see theirs'
          : 'off: nobody is told what you have read or that you write, and you are not shown theirs',
    },
    {
      name: 'Figures',
      says:
        tellReceived === 'on'
          ? 'once a day the server is told how much media came to you, roughly, and adds it to everybody else’s'
          : 'the server is not told how much media comes to you',
    },
  ]
}

/** `fetch video/* of at most 2 GB from crew.example, unless the network is metered`. */
export function ruleSentence({ from, sizeBytesMax, types, network, decide }: Rule): string {
  const verb = decide === 'fetch' ? 'fetch' : 'ask before fetching'
  const what = types === undefined ? 'everything' : types.join(', ')
  const size = sizeBytesMax === undefined ? '' : ` of at most ${sizeText(sizeBytesMax)}`
  const whose = from === undefined ? '' : ` from ${from.join(', ')}`
  const where =
    network === 'unmetered'
      ? ', unless the network is metered'
      : network === 'local'
        ? ', while the sender is in the same network'
        : ''
  return `${verb} ${what}${size}${whose}${where}`
}

function requestsSentence(perDay: number): string {
  if (perDay === 0) return 'from people who are no contacts are kept, and not shown'
  return `at most ${perDay} a day are shown from people who are no contacts`
}

function copiesSentence({ copies, bytesPerSecond, hours }: Preferences['serve']): string {
  const rate = bytesPerSecond === 0 ? '' : `; everything together at most ${rateText(bytesPerSecond)}`
  if (!copies) return `not given out to the other recipients${rate}`
  return `given out to the other recipients${hours ? `, from ${hours.from} to ${hours.to}` : ''}${rate}`
}

function listed(who: readonly string[]): string {
  return who.length === 0 ? 'nobody' : who.join(', ')
}

function but(who: readonly string[]): string {
  return who.length === 0 ? '' : ` except ${who.join(', ')}`
}
