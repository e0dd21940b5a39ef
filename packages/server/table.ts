// The one handler table: what can be asked of this server, by whom, and which room answers, for all three doors.
// GET /session and GET /live are not here: opening a session or a frame connection is the doors' own.

import { delivered } from './admin/delivered.ts'
import {
  addInvitation,
  listFigures,
  listInvitations,
  listLimits,
  listUsers,
  removeInvitations,
  setLimits,
  standUser,
} from './admin/requests.ts'
import { authorize } from './accounts/authorization.ts'
import { block, listBlocks, removeBlocks } from './accounts/blocks.ts'
import { approve, listContacts, removeContacts } from './accounts/contacts.ts'
import { publishList } from './accounts/devices.ts'
import { finger, serverFacts } from './accounts/finger.ts'
import { invite } from './accounts/invitations.ts'
import { answerLink, closeLink, openLink, readLink, requestLink } from './accounts/links.ts'
import type { Login } from './accounts/logins.ts'
import { replacePreferences, retrievePreferences } from './accounts/preferences.ts'
import { quit } from './accounts/quit.ts'
import { recover } from './accounts/recovery.ts'
import { register } from './accounts/register.ts'
import { figures, health } from './front.ts'
import { depositGrant, retrieveGrant, revokeGrant, takeGrant } from './grants/deposits.ts'
import type { Answer, Exchange } from './listen/exchange.ts'
import {
  askToWatch,
  changeWatch,
  decideLive,
  leaveWatch,
  listLive,
  retrieveLive,
  retrieveWatch,
  sayBroadcasterPath,
  sayViewerPath,
  startLive,
  stopLive,
} from './live/requests.ts'
import type { RateName } from './policy/policy.ts'
import { listPresence, sayPresence } from './presence/requests.ts'
import type { Call, Mail, Rooms } from './rooms.ts'
import { listIce } from './stun/requests.ts'
import { pipeAnswer, pipeCollect, pipeTo } from './tunnel/requests.ts'
import { webFile, webPage } from './web/requests.ts'

interface Common {
  /** Case-sensitive (RFC 9110 section 9.1). */
  readonly method: string
  /** Parts in capitals stand for any one part of a path, and are given to the handler. */
  readonly target: string
  /** Under which of the policy's rates a request is counted; none: not counted. */
  readonly rate?: RateName
  readonly evenWhenDraining?: true
}

export type Row =
  | (Common & { readonly who: 'anyone'; readonly handle: (rooms: Rooms, call: Call) => Promise<Answer> })
  | (Common & {
      readonly who: 'login'
      readonly handle: (rooms: Rooms, call: Call, login: Login) => Promise<Answer>
      /** Whether those who hold a link and have no account may ask (grants/holders.ts); absent: users alone. */
      readonly holders?: 'too' | 'only'
    })
  /** admin: whoever runs the server, logged in. */
  | (Common & { readonly who: 'admin'; readonly handle: (rooms: Rooms, call: Call) => Promise<Answer> })

// biome-ignore format: a table is read by its columns
export const table: readonly Row[] = [
  { method: 'FINGER', target: '/', who: 'anyone', rate: 'finger', handle: serverFacts },
  { method: 'FINGER', target: '/users/NAME', who: 'anyone', rate: 'finger', handle: finger },

  { method: 'SEND', target: '/accounts', who: 'anyone', rate: 'registration', handle: register },
  { method: 'AUTHORIZATION', target: '/users/NAME/DEVICE', who: 'anyone', rate: 'authorization', handle: authorize },
  { method: 'QUIT', target: '/', who: 'login', holders: 'too', rate: 'other', handle: quit },
  { method: 'SEND', target: '/devices', who: 'login', rate: 'other', handle: publishList },
  { method: 'AUTHORIZATION', target: '/recoveries/NAME', who: 'anyone', rate: 'authorization', handle: recover },
  { method: 'SEND', target: '/links', who: 'login', rate: 'other', handle: openLink },
  { method: 'RETRIEVE', target: '/links/SLOT', who: 'anyone', rate: 'authorization', handle: readLink },
  { method: 'REMOVE', target: '/links/SLOT', who: 'login', rate: 'other', handle: closeLink },
  { method: 'SEND', target: '/links/SLOT/request', who: 'anyone', rate: 'authorization', handle: requestLink },
  { method: 'SEND', target: '/links/SLOT/answer', who: 'login', rate: 'other', handle: answerLink },

  { method: 'SEND', target: '/contacts', who: 'login', rate: 'other', handle: approve },
  { method: 'LIST', target: '/contacts', who: 'login', rate: 'other', handle: listContacts },
  { method: 'REMOVE', target: '/contacts', who: 'login', rate: 'other', handle: removeContacts },
  { method: 'SEND', target: '/blocks', who: 'login', rate: 'other', handle: block },
  { method: 'LIST', target: '/blocks', who: 'login', rate: 'other', handle: listBlocks },
  { method: 'REMOVE', target: '/blocks', who: 'login', rate: 'other', handle: removeBlocks },
  { method: 'SEND', target: '/invitations', who: 'login', rate: 'other', handle: invite },

  { method: 'SEND', target: '/preferences', who: 'login', rate: 'other', handle: replacePreferences },
  { method: 'RETRIEVE', target: '/preferences', who: 'login', rate: 'other', handle: retrievePreferences },

  { method: 'SEND', target: '/presence', who: 'login', rate: 'other', handle: sayPresence },
  { method: 'LIST', target: '/presence', who: 'login', rate: 'other', handle: listPresence },

  { method: 'LIST', target: '/ice', who: 'login', holders: 'too', rate: 'other', handle: listIce },

  { method: 'SEND', target: '/messages', who: 'login', rate: 'send', handle: mail('send') },
  { method: 'LIST', target: '/messages', who: 'login', rate: 'other', handle: mail('list') },
  { method: 'RETRIEVE', target: '/messages', who: 'login', rate: 'other', handle: mail('retrieve') },
  { method: 'REMOVE', target: '/messages', who: 'login', rate: 'other', handle: mail('remove') },

  { method: 'PIPE', target: '/tunnels/NAME/DEVICE', who: 'login', holders: 'too', rate: 'other', handle: pipeTo },
  { method: 'PIPE', target: '/tunnel', who: 'login', rate: 'other', handle: pipeCollect },
  { method: 'SEND', target: '/tunnel/ID', who: 'login', rate: 'other', handle: pipeAnswer },

  { method: 'SEND', target: '/grants', who: 'login', rate: 'other', handle: depositGrant },
  { method: 'SEND', target: '/grants/SLOT', who: 'login', rate: 'other', handle: takeGrant },
  { method: 'REMOVE', target: '/grants/SLOT', who: 'login', rate: 'other', handle: revokeGrant },
  { method: 'RETRIEVE', target: '/grant', who: 'login', holders: 'only', rate: 'other', handle: retrieveGrant },

  { method: 'LIST', target: '/admin', who: 'admin', rate: 'other', handle: listFigures },
  { method: 'LIST', target: '/admin/users', who: 'admin', rate: 'other', handle: listUsers },
  { method: 'SEND', target: '/admin/users', who: 'admin', rate: 'other', handle: standUser },
  { method: 'LIST', target: '/admin/invitations', who: 'admin', rate: 'other', handle: listInvitations },
  { method: 'SEND', target: '/admin/invitations', who: 'admin', rate: 'other', handle: addInvitation },
  { method: 'REMOVE', target: '/admin/invitations', who: 'admin', rate: 'other', handle: removeInvitations },
  { method: 'LIST', target: '/admin/limits', who: 'admin', rate: 'other', handle: listLimits },
  { method: 'SEND', target: '/admin/limits', who: 'admin', rate: 'other', handle: setLimits },
  { method: 'SEND', target: '/delivered', who: 'login', rate: 'other', handle: delivered },

  { method: 'SEND', target: '/live', who: 'login', rate: 'other', handle: startLive },
  { method: 'LIST', target: '/live', who: 'login', rate: 'other', handle: listLive },
  { method: 'RETRIEVE', target: '/live/BROADCAST', who: 'login', rate: 'other', handle: retrieveLive },
  { method: 'REMOVE', target: '/live/BROADCAST', who: 'login', rate: 'other', handle: stopLive },
  { method: 'SEND', target: '/live/BROADCAST/decisions', who: 'login', rate: 'other', handle: decideLive },
  { method: 'SEND', target: '/live/BROADCAST/paths', who: 'login', rate: 'other', handle: sayBroadcasterPath },
  { method: 'SEND', target: '/watches', who: 'login', rate: 'other', handle: askToWatch },
  { method: 'RETRIEVE', target: '/watches/WATCH', who: 'login', rate: 'other', handle: retrieveWatch },
  { method: 'SEND', target: '/watches/WATCH', who: 'login', rate: 'other', handle: changeWatch },
  { method: 'SEND', target: '/watches/WATCH/path', who: 'login', rate: 'other', handle: sayViewerPath },
  { method: 'REMOVE', target: '/watches/WATCH', who: 'login', rate: 'other', handle: leaveWatch },

  { method: 'GET', target: '/', who: 'anyone', handle: webPage },
  { method: 'GET', target: '/l', who: 'anyone', handle: webPage },
  { method: 'GET', target: '/i', who: 'anyone', handle: webPage },
  { method: 'GET', target: '/join', who: 'anyone', handle: webPage },
  { method: 'GET', target: '/link', who: 'anyone', handle: webPage },
  { method: 'GET', target: '/assets/FILE', who: 'anyone', handle: webFile },
  { method: 'GET', target: '/sw.js', who: 'anyone', handle: webFile },
  { method: 'GET', target: '/manifest.webmanifest', who: 'anyone', handle: webFile },
  { method: 'GET', target: '/icon.svg', who: 'anyone', handle: webFile },
  { method: 'GET', target: '/icon-maskable.svg', who: 'anyone', handle: webFile },
  { method: 'GET', target: '/icon-touch.png', who: 'anyone', handle: webFile },
  { method: 'GET', target: '/healthz', who: 'anyone', evenWhenDraining: true, handle: health },
  { method: 'GET', target: '/metrics', who: 'anyone', evenWhenDraining: true, handle: figures },
]

export interface Found {
  readonly row: Row
  /** By the row's capitals, percent-decoded. */
  readonly parts: ReadonlyMap<string, string>
}

/**
 * The row for a method and a path as the caller wrote it; undefined when there is none. HEAD is a GET whose content the door leaves out
 * (RFC 9110 section 9.3.2): what looks at a link before a person does often asks so.
 */
export function rowFor(asked: string, path: string): Found | undefined {
  const method = asked === 'HEAD' ? 'GET' : asked
  const written = path.split('/')
  for (const { row, target } of split) {
    const parts = row.method === method ? partsOf(target, written) : undefined
    if (parts) return { row, parts }
  }
  return undefined
}

/** Methods that a path can be asked with; those of whoever runs the server for them alone. */
export function methodsOf(path: string, isAdmin = false): string[] {
  const written = path.split('/')
  return split
    .filter(({ row, target }) => (row.who !== 'admin' || isAdmin) && partsOf(target, written))
    .map(({ row }) => row.method)
}

const split = table.map((row) => ({ row, target: row.target.split('/') }))
const NO_PARTS: ReadonlyMap<string, string> = new Map()

function partsOf(target: readonly string[], written: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (target.length !== written.length) return undefined
  let parts = NO_PARTS
  for (const [index, wanted] of target.entries()) {
    const given = written[index] ?? ''
    if (/^[A-Z]+$/.test(wanted)) {
      if (given === '') return undefined
      // The doors let only paths pass that decode without surprise (target.ts).
      parts = new Map([...parts, [wanted, decodeURIComponent(given)]])
    } else if (wanted !== given) return undefined
  }
  return parts
}

function mail(what: keyof Mail): (rooms: Rooms, call: Call, login: Login) => Promise<Answer> {
  return (rooms, { exchange }: { exchange: Exchange }, login) => rooms.mail[what](login, exchange)
}
