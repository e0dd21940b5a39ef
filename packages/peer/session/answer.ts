// What came back for a call, and its translation: an answer that is not 2xx becomes the Refusal or Trouble it stands for,
// once, here.

import { concat } from '@doorpost/protocol/bytes'
import { problemSchema, Refusal, type RefusalCode, refusalCodeOf, refusals } from '@doorpost/protocol/errors'
import { Trouble } from '../operations.ts'

/** An answer as it came, whatever its status. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** For answers of programs between us and the server, and of its doors, which have no code of ours. */
const codeOfStatus: Readonly<Record<number, RefusalCode>> = {
  400: 'malformed',
  401: 'not-logged-in',
  403: 'not-allowed',
  404: 'not-found',
  405: 'no-such-method',
  413: 'too-large',
  429: 'too-many',
  500: 'fault',
  501: 'no-such-method',
  503: 'draining',
  507: 'no-room',
}

/** The bytes of an answer, at most `bytesMax`. Throws Trouble `server-broke-protocol` on more, and what breaks the line. */
export async function readWhole(response: Response, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const reader = response.body?.getReader()
  for (let total = 0; reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    total += value.length
    if (total > bytesMax) {
      await reader.cancel()
      throw brokeProtocol(`The server's answer is longer than ${bytesMax} bytes.`)
    }
    parts.push(value)
  }
  return concat(...parts)
}

/** Answers of a proxy that did not reach the server. */
const NOT_REACHED = [502, 504]

export function isSuccess({ status }: RawAnswer): boolean {
  return status >= 200 && status < 300
}

/** The error to throw for an answer that is no success. */
export function errorOf({ status, headers, body }: RawAnswer): Refusal | Trouble {
  const parsed = problemSchema.safeParse(body)
  const problem = parsed.success ? parsed.data : undefined
  const known = problem && refusalCodeOf(problem)
  const ours = known !== undefined && refusals[known].status === status ? known : undefined
  if (ours === undefined && NOT_REACHED.includes(status)) return unreachable(`A gateway answered ${status}.`)
  const code = ours ?? codeOfStatus[status]
  if (code === undefined) return brokeProtocol(`The server answered ${status}, which means nothing here.`)
  const retryAfterMs = problem?.retryAfterMs ?? retryAfterOf(headers)
  return new Refusal(code, {
    ...(problem?.detail !== undefined && { detail: problem.detail }),
    ...(problem?.about !== undefined && { about: problem.about }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

export function unreachable(detail: string, cause?: unknown): Trouble {
  return new Trouble('server-unreachable', detail, { cause })
}

export function brokeProtocol(detail: string, cause?: unknown): Trouble {
  return new Trouble('server-broke-protocol', detail, { cause })
}

/** Retry-After in seconds (RFC 9110 section 10.2.3); its other form, a date, would need the server's clock. */
function retryAfterOf(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers['retry-after'] ?? ''
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined
}
