// Why a device is let in no more, in English, as the terminal says it; the web app has the same in its own words (web/words), since what
// is to be done differs there.

import type { ShutOutFacts, ShutOutWhy } from '../operations.ts'
import type { Sentence } from './en.ts'

const ASK = 'Ask whoever runs the server. What is here stays here, and it is tried again by itself.'

const told: Record<ShutOutWhy, (user: string, since: string) => Sentence> = {
  revoked: (user, since) => ({
    says: `This device was revoked${since}.`,
    todo: `If that was not meant, link it anew: doorpost devices add on the device that holds the account key of ${user}.`,
  }),
  'taken-over': (user, since) => ({
    says: `${user} was taken back with its recovery words on another device${since}, so this one belongs to it no more.`,
    todo: 'If that was you, link this one anew: doorpost devices add over there. If not, somebody has your words: take it back with doorpost recover, and tell your contacts.',
  }),
  'no-account': (user) => ({
    says: `The server knows nobody called ${user}: it was removed, or the server began anew.`,
    todo: ASK,
  }),
  'other-account': (user) => ({
    says: `On the server ${user} is somebody else now: the account there has another key.`,
    todo: `${ASK} Tell your contacts by another way.`,
  }),
  'put-back': () => ({
    says: 'The server was put back to a time before this device was added.',
    todo: 'Open Doorpost on your first device: it tells the server again, and this one goes on by itself.',
  }),
}

/** `user`: whose device it is. */
export function shutOutSentence({ why, at }: ShutOutFacts, user: string): Sentence {
  // To the minute, and in no zone of anybody's: where it is read is not known here.
  return told[why](user, at === undefined ? '' : ` at ${at.slice(0, 16).replace('T', ' ')} UTC`)
}
