import { expect, test } from 'vitest'
import { ownPhrase, problemOf, problemSchema, Refusal, type RefusalCode, refusalCodeOf, refusals } from './errors.ts'

const rows = Object.entries(refusals) as [RefusalCode, (typeof refusals)[RefusalCode]][]

/** Reason phrases of the IANA registry (RFC 9110 section 15) that we use as they are. */
const registered: Readonly<Record<number, string>> = {
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  429: 'Too Many Requests',
}

test('[M20] every refusal has a title of its own and a status from 400 to 599', () => {
  expect(new Set(rows.map(([, { title }]) => title)).size).toBe(rows.length)
  for (const [code, { status, title }] of rows) {
    expect(status, code).toBeGreaterThanOrEqual(400)
    expect(status, code).toBeLessThan(600)
    if (registered[status] !== undefined) expect(title, code).toBe(registered[status])
  }
})

test('[M20] our own statuses are 461 to 469, one meaning each, with a phrase for the status line', () => {
  const own = rows.filter(([, { status }]) => status > 460 && status < 470)
  expect(new Set(own.map(([, { status }]) => status)).size).toBe(own.length)
  expect(own).toHaveLength(9)
  for (const [, { status, title }] of own) {
    expect(ownPhrase(status)).toBe(title)
    expect(title).toMatch(/^[A-Z][A-Za-z ]+$/)
  }
  for (const status of [200, 404, 409, 451, 460, 470, 561]) expect(ownPhrase(status)).toBeUndefined()
})

test("[M20] whose fault it is fits the status: the server's from 500 on, or nobody's but theirs", () => {
  for (const [code, { status, fault, again }] of rows) {
    if (status < 500) expect(['you', 'them'], code).toContain(fault)
    else expect(['server', 'them'], code).toContain(fault)
    // What is the server's fault, or depends on others, can be right later.
    if (fault !== 'you') expect(again, code).toBe('later')
  }
})

test('[M21] a refusal is a problem document and back', () => {
  for (const [code, { status, title, fault, again }] of rows) {
    const refusal = new Refusal(code, { detail: 'So and so.', retryAfterMs: 1000, about: 'bob@example.org' })
    expect(refusal.message).toBe('So and so.')
    expect(refusal.problem).toEqual({
      type: `urn:doorpost:refusal:${code}`,
      title,
      status,
      detail: 'So and so.',
      retryAfterMs: 1000,
      about: 'bob@example.org',
    })
    expect([refusal.fault, refusal.again]).toEqual([fault, again])
    const parsed = problemSchema.parse(JSON.parse(JSON.stringify(refusal.problem)))
    expect(refusalCodeOf(parsed)).toBe(code)
    expect(new Refusal(code).message).toBe(title)
  }
})

test('[M21] problem documents of other programs have no code of ours', () => {
  const other = problemOf('not-found')
  for (const type of [
    'about:blank',
    'not-found',
    'urn:doorpost:refusal:',
    'urn:doorpost:refusal:toString',
    'x urn:doorpost:refusal:not-found',
  ]) {
    expect(refusalCodeOf({ ...other, type }), type).toBeUndefined()
  }
  for (const bad of [
    {},
    { ...other, status: 200 },
    { ...other, status: '404' },
    { ...other, detail: 'x'.repeat(2001) },
    null,
  ]) {
    expect(problemSchema.safeParse(bad).success).toBe(false)
  }
  // RFC 9457 section 3.2: extension members may be there, and are ignored.
  expect(problemSchema.safeParse({ ...other, instance: '/x' }).success).toBe(true)
})
