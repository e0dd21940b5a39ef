// Words of links: what somebody without an account sees, and what whoever made a link is told.

import { plural } from '../formats.ts'

const things = { film: 'a film', picture: 'a picture', sound: 'a recording', file: 'a file' } as const

export const link = {
  title: (name: string, count: number, kind: keyof typeof things) =>
    `${name} sent you ${count === 1 ? things[kind] : plural('en', count, { one: '1 file', other: `${count} files` })}`,
  openUntil: (when: string) => `open until ${when}`,
  how: (name: string) =>
    `It comes out of ${name}’s device, sealed all the way: the server that passes it on can read nothing of it. It plays while it arrives.`,
  first: 'A link is for one browser: the first that fetches has it. Looking at this page uses nothing up.',
  house: 'What is Doorpost?',
  straight: (name: string) => `Fetch straight from ${name}’s device`,
  straightSays: (name: string) =>
    `Often faster, and ${name} agreed. The two devices then see each other’s network address; without it only the server sees yours.`,

  kept: (size: string) => `${size} of it are kept in this browser.`,
  clear: 'Clear it',
  clearSays: 'Everything of this link is taken out of this browser, and its right to fetch more.',
  clearAll: 'Clear all of it',
  keep: 'Keep it',
  cleared: 'Nothing of it is here any more',
  clearedSays: 'To fetch it again you need another link.',
  openAgain: 'Open the link again',

  taken: {
    title: 'Another browser has this link',
    says: 'Each link is for the first browser that fetches. If that was not you, ask its sender for another.',
  },
  takenBack: {
    title: 'This link was taken back',
    says: 'Its sender gives nothing out by it any more. Ask them for another.',
  },
  over: {
    title: 'This link does not work any more',
    says: 'Its time ran out, or a part of it got lost on the way. Ask its sender for another.',
  },
  broken: { title: 'This link is not whole', says: 'Copy all of it, to the last letter, and open it again.' },
  away: {
    title: 'The server cannot be reached',
    says: 'Your network may be off, or the server is. Try it again in a while.',
  },
  wrong: 'This link cannot be opened now',
  otherTab: 'This link is open in another tab',
  otherTabSays: 'Go on there, or close that tab: then it goes on here.',

  // Of one's own.
  make: 'Make a link',
  makeInstead: 'Make a link instead',
  made: 'Here is the link',
  madeSays: (when: string) =>
    `Whoever has it first can fetch it, until ${when}. Keep this tab open until they have it: it comes out of this browser.`,
  moreFields: 'Date, copyright, ways',
  opens: 'It may be fetched straight from this device',
  opensSays:
    'Often faster. Whoever has the link first then sees this device’s network address, if they show theirs. Otherwise it goes through the server, sealed.',
  opensMade: 'Whoever has it may fetch straight from this device, and then sees its network address.',
  copy: 'Copy the link',
  share: 'Share it',
  qr: 'The link as a picture to scan',
  ownSays: 'A link gives a film to somebody without an account: the first browser that fetches has it.',
  none: 'You made no link yet.',
  show: 'Show the link',
  revoke: 'Take it back',
  revoked: 'Taken back. Nothing more is given out by it.',
  handOverSays: 'Another device of yours can give it out by the same link. Then you can close this tab.',
  handedKeepOpen: (device: string) => `Keep this tab open until ${device} gives it out.`,
  handedGives: (device: string) => `${device} gives it out`,
  handedRefused: (device: string) => `${device} does not give it out`,
  notYet: 'Not fetched yet',
  fetching: (when: string) => `Being fetched, since ${when}`,
  fetched: (when: string) => `Fetched, ${when}`,
  ended: (when: string) => `Over since ${when}`,
}
