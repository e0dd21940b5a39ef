import { type Envelope, envelopeSchema } from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleMail } from '../storage/sample-mail.ts'
import { canonicalText, checkedEnvelope, isPlainEnvelope } from './check-envelope.ts'

const { envelope } = sampleMail({ to: ['bob/phone', 'carol/desk'] })
const plain: Envelope = { ...envelope, sealed: { ...envelope.sealed, body: 'AAAA' } }

/** Places in an envelope, and values that are nearly right there. */
const places = [
  'v',
  'id',
  'class',
  'from',
  'to',
  'to.0',
  'date',
  'expires',
  'heads',
  'heads.0',
  'heads.0.sequence',
  'heads.0.hash',
  'sealed',
  'sealed.keys',
  'sealed.keys.0',
  'sealed.keys.0.device',
  'sealed.keys.0.key',
  'sealed.body',
] as const
const nearly = fc.oneof(
  fc.constantFrom<unknown>(
    ...[undefined, null, 1, 2, 0, -1, 1.5, 2 ** 53, true, '', 'A', 'AA', 'AAAA', 'note', 'Note', [], {}, [1], ['x']],
    ...['alice@example.org', 'alice@example.org/laptop', 'Alice@example.org/laptop', 'alice@example.org/', 'a@b@c/d'],
    ...['2026-11-21T12:00:00.000Z', '2026-02-30T12:00:00.000Z', '2026-11-21T24:00:00.000Z', '2026-11-21T12:00:00Z'],
    ...['+02026-11-21T12:00:00.0', '2026-11-21T12:00:60.000Z', '0000-01-01T00:00:00.000Z', '2026-11-21t12:00:00.000z'],
    ...['A'.repeat(22), `${'A'.repeat(21)}B`, 'A'.repeat(43), `${'A'.repeat(42)}B`, 'A+AA', 'A=AA', 'x'.repeat(6000)],
    Array.from({ length: 101 }, () => 'bob@example.org'),
    { device: 'bob@example.org/phone', key: 'AAAA', more: 1 },
    { sequence: 1, hash: 'A'.repeat(43), more: 1 },
  ),
  fc.string(),
  fc.jsonValue(),
)

function changed(changes: readonly [(typeof places)[number], unknown][], more: object): unknown {
  const copy = structuredClone({ ...plain, ...more }) as unknown as Record<string, unknown>
  for (const [place, value] of changes) {
    const path = place.split('.')
    const last = path.pop() ?? ''
    const parent = path.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], copy)
    if (typeof parent === 'object' && parent !== null) (parent as Record<string, unknown>)[last] = value
  }
  // As it comes out of a parser: fields of undefined are not there.
  return JSON.parse(JSON.stringify(copy)) as unknown
}

const almost = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...places), nearly), { maxLength: 2 }),
    fc.constantFrom({}, {}, {}, { more: 1 }),
  )
  .map(([changes, more]) => changed(changes, more))

test('[S4] an envelope is taken by the quick check only where the schema takes it, and comes out alike', () => {
  const property = fc.property(almost, (value) => {
    const parsed = envelopeSchema.safeParse(value)
    if (isPlainEnvelope(value)) expect(parsed.success).toBe(true)
    if (parsed.success) {
      expect(checkedEnvelope(value)).toEqual(parsed.data)
      expect(canonicalText(parsed.data)).toBe(JSON.stringify(parsed.data))
    } else {
      expect(() => checkedEnvelope(value)).toThrow(Refusal)
    }
  })
  fc.assert(property, { numRuns: fc.readConfigureGlobal().numRuns ?? 2000 })
})

test('[S4] ordinary envelopes need the quick check alone, in any order of fields', () => {
  const backwards = Object.fromEntries(Object.entries(plain).toReversed())
  expect([isPlainEnvelope(plain), isPlainEnvelope(backwards)]).toEqual([true, true])
  expect(canonicalText(checkedEnvelope(backwards))).toBe(canonicalText(plain))
  expect(canonicalText(plain)).toBe(JSON.stringify(envelopeSchema.parse(plain)))
})
