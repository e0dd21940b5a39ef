// Every way a request can be refused: a closed code, its VMIO status, whose fault it is and whether trying again can help.
// The sentences people read come from the catalogue of the program that shows them; `title` is the short English one.

import { z } from 'zod'

/** `you`: the caller; `them`: the other person's device; `server`: this post office; `network`: the line between. */
export type Fault = 'you' | 'them' | 'server' | 'network'
export type Again = 'never' | 'later' | 'other-path'

interface Row {
  readonly status: number
  /** Reason phrase of the HTTP/1.1 status line, and `title` of the problem document. */
  readonly title: string
  readonly fault: Fault
  readonly again: Again
}

/** Our own statuses stand in space that IANA leaves unassigned (RFC 9110 section 15): 461 to 469. */
export const refusals = {
  malformed: { status: 400, title: 'Malformed', fault: 'you', again: 'never' },
  'not-logged-in': { status: 401, title: 'Not Logged In', fault: 'you', again: 'never' },
  'login-refused': { status: 401, title: 'Login Refused', fault: 'you', again: 'never' },
  'not-allowed': { status: 403, title: 'Not Allowed', fault: 'you', again: 'never' },
  insecure: { status: 403, title: 'Secure Connection Needed', fault: 'you', again: 'never' },
  'not-found': { status: 404, title: 'Not Found', fault: 'you', again: 'never' },
  'no-such-method': { status: 405, title: 'Method Not Allowed', fault: 'you', again: 'never' },
  'nobody-answered': { status: 504, title: 'Nobody Answered', fault: 'them', again: 'later' },
  conflict: { status: 409, title: 'Same Id, Other Bytes', fault: 'you', again: 'never' },
  'name-taken': { status: 409, title: 'Name Taken', fault: 'you', again: 'never' },
  'list-moved-on': { status: 409, title: 'Device List Moved On', fault: 'them', again: 'later' },
  'preferences-moved-on': { status: 409, title: 'Preferences Moved On', fault: 'you', again: 'later' },
  'list-refused': { status: 409, title: 'Device List Refused', fault: 'you', again: 'never' },
  'too-large': { status: 413, title: 'Content Too Large', fault: 'you', again: 'never' },
  'too-many': { status: 429, title: 'Too Many Requests', fault: 'you', again: 'later' },
  'not-a-contact': { status: 461, title: 'Not A Contact', fault: 'you', again: 'never' },
  'no-such-user': { status: 462, title: 'No Such User', fault: 'you', again: 'never' },
  'other-domain': { status: 463, title: 'Other Domain', fault: 'you', again: 'never' },
  'mailbox-full': { status: 464, title: 'Mailbox Full', fault: 'them', again: 'later' },
  'registration-closed': { status: 465, title: 'Registration Closed', fault: 'you', again: 'never' },
  'invitation-needed': { status: 466, title: 'Invitation Needed', fault: 'you', again: 'never' },
  'not-in-envelope': { status: 467, title: 'Not In Envelope', fault: 'you', again: 'never' },
  'not-permitted-by-policy': { status: 468, title: 'Not Permitted By Policy', fault: 'you', again: 'never' },
  expired: { status: 469, title: 'Expired', fault: 'you', again: 'never' },
  fault: { status: 500, title: 'Server Fault', fault: 'server', again: 'later' },
  draining: { status: 503, title: 'Closing Down', fault: 'server', again: 'later' },
  'no-room': { status: 507, title: 'No Room', fault: 'server', again: 'later' },
} as const satisfies Record<string, Row>

export type RefusalCode = keyof typeof refusals

const codes = Object.keys(refusals) as [RefusalCode, ...RefusalCode[]]

const TYPE_PREFIX = 'urn:doorpost:refusal:'

/** Problem details (RFC 9457) as every refusal's body; `type` is `urn:doorpost:refusal:CODE`. */
export const problemSchema = z.object({
  type: z.string().max(200),
  title: z.string().max(200),
  status: z.int().min(400).max(599),
  /** A sentence a user can read. */
  detail: z.string().max(2000).optional(),
  /** Wait at least this long before trying again, ms. */
  retryAfterMs: z.int().min(0).optional(),
  /** What the refusal is about, where it is about one of several. */
  about: z.string().max(500).optional(),
})
export type Problem = z.infer<typeof problemSchema>

/** The problem document (RFC 9457) of a refusal, as it stands in the body of an answer. */
export function problemOf(
  code: RefusalCode,
  extra: Partial<Pick<Problem, 'detail' | 'retryAfterMs' | 'about'>> = {},
): Problem {
  const { status, title } = refusals[code]
  return { type: `${TYPE_PREFIX}${code}`, title, status, ...extra }
}

/** The code of a problem document; undefined for those of other programs. */
export function refusalCodeOf(problem: Problem): RefusalCode | undefined {
  return codes.find((known) => problem.type === `${TYPE_PREFIX}${known}`)
}

/** A refusal on its way: thrown by a room of the server, shown to the caller; or met by a peer and thrown to its user. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly problem: Problem
  constructor(
    code: RefusalCode,
    extra: Partial<Pick<Problem, 'detail' | 'retryAfterMs' | 'about'>> = {},
    cause?: unknown,
  ) {
    super(extra.detail ?? refusals[code].title, { cause })
    this.name = 'Refusal'
    this.code = code
    this.problem = problemOf(code, extra)
  }
  get fault(): Fault {
    return refusals[this.code].fault
  }
  get again(): Again {
    return refusals[this.code].again
  }
}

/** Reason phrase for the HTTP/1.1 status line of our own statuses; undefined where HTTP has one. */
export function ownPhrase(status: number): string | undefined {
  return Object.values(refusals).find((row) => row.status === status && status > 460 && status < 470)?.title
}
