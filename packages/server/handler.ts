// From an exchange to an answer: finds the row, learns who asks, counts the request, and turns whatever is thrown into
// what the caller sees. Without a good login everything but the rows for anyone is 401, whether it exists or not.

import { Refusal } from '@doorpost/protocol/errors'
import type { Login } from './accounts/logins.ts'
import { refused, tooLarge } from './bodies.ts'
import { isHolder } from './grants/holders.ts'
import { CallerGone, RequestRefused } from './listen/door.ts'
import { type Answer, BodyTooLarge, type Exchange, type Handler } from './listen/exchange.ts'
import type { Rooms } from './rooms.ts'
import { methodsOf, type Row, rowFor, table } from './table.ts'

/** `Bearer TOKEN` (RFC 6750 section 2.1): 32 bytes in base64url. */
const BEARER = /^Bearer ([A-Za-z0-9_-]{43})$/
/** Any other method is counted under one name: a caller must not be able to make figures. */
const METHODS = new Set(table.map((row) => row.method))

export function createHandler(rooms: Rooms): Handler {
  return async (exchange) => {
    rooms.metrics.requests.inc({
      method: METHODS.has(exchange.method) ? exchange.method : 'other',
      door: exchange.door,
    })
    try {
      return await serve(rooms, exchange)
    } catch (error) {
      return answerTo(rooms, exchange, error)
    }
  }
}

async function serve(rooms: Rooms, exchange: Exchange): Promise<Answer> {
  const found = rowFor(exchange.method, exchange.path)
  if (found?.row.evenWhenDraining !== true && rooms.isDraining()) {
    return { ...refused(new Refusal('draining')), close: true }
  }
  if (!rooms.isOwnHost(exchange.headers.get('host'))) {
    throw new Refusal('not-allowed', { detail: 'This server does not go by that name: ask for localhost.' })
  }
  const login = await loginOf(rooms, exchange)
  const part = (name: string) => found?.parts.get(name) ?? ''
  if (found?.row.who === 'anyone') {
    await count(rooms, exchange, found.row, login)
    return found.row.handle(rooms, { exchange, login, part })
  }
  if (!login || !mayAsk(found?.row, login)) throw new Refusal('not-logged-in')
  await count(rooms, exchange, found?.row, login)
  if (found?.row.who === 'login') return found.row.handle(rooms, { exchange, login, part }, login)
  // To all but those who run the server its rows do not exist, whichever method is tried.
  const isAdmin = await rooms.admins.has(login.user)
  if (found && isAdmin) return found.row.handle(rooms, { exchange, login, part })
  // Apps ask whether their user runs the server: that this one does not is an answer, and no refusal to be counted.
  if (found) return refused(new Refusal('not-found'))
  const allowed = methodsOf(exchange.path, isAdmin)
  if (allowed.length === 0) throw new Refusal('not-found')
  return refused(new Refusal('no-such-method'), { allow: allowed.join(', ') })
}

/** To all rows but theirs, link holders are people without a login. */
function mayAsk(row: Row | undefined, login: Login): boolean {
  const holders = row?.who === 'login' ? row.holders : undefined
  return isHolder(login) ? holders !== undefined : holders !== 'only'
}

/** Whom the token or the session speaks for; a token that is not good speaks for nobody. */
async function loginOf(rooms: Rooms, exchange: Exchange): Promise<Login | undefined> {
  if (exchange.session) return rooms.logins.ofSession(exchange.session)
  const written = exchange.headers.get('authorization')
  if (written === undefined) return undefined
  const token = BEARER.exec(written)?.[1]
  if (token === undefined) return undefined
  if (!exchange.secure)
    throw new Refusal('insecure', { detail: 'A login is taken over https alone. End this one: it was seen.' })
  return rooms.logins.ofToken(token)
}

async function count(rooms: Rooms, exchange: Exchange, row: Row | undefined, login: Login | undefined): Promise<void> {
  const rate = row ? row.rate : 'other'
  if (rate !== undefined) await rooms.rates.count(rate, exchange.remoteAddress, login?.user)
}

function answerTo(rooms: Rooms, exchange: Exchange, error: unknown): Answer {
  // The door knows best what to say of a caller that broke off or broke the protocol.
  if (error instanceof RequestRefused || error instanceof CallerGone) throw error
  const refusal =
    error instanceof Refusal
      ? error
      : error instanceof BodyTooLarge
        ? tooLarge(error)
        : new Refusal('fault', { detail: 'The server made a mistake; it is written in its log.' }, error)
  rooms.metrics.refusals.inc({ code: refusal.code })
  if (refusal.code === 'fault')
    rooms.log.error({ err: error, method: exchange.method, door: exchange.door }, 'a request failed')
  else rooms.log.debug({ code: refusal.code, method: exchange.method, door: exchange.door }, 'a request was refused')
  return refused(refusal)
}
