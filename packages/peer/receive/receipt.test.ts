import { beforeAll, describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import type { Receipt } from '@doorpost/protocol/receipt'
import { signReceipt } from '@doorpost/protocol/receipt'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import { generateSigningKey } from '@doorpost/protocol/signature'
import type { Identity } from '../identity/identity-record.ts'
import { createIdentity, type NewIdentity } from '../identity/keys.ts'
import type { Person } from '../identity/person.ts'
import { systemRandom as random } from '../random.ts'
import type { SentEvent, SentRecord } from '../send/sent.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { ASKING_MAX, takeNote } from './notes.ts'
import { makeReceipt } from './receipt.ts'

const alice = 'alice@example.org' as UserAddress
const bob = 'bob@example.org' as UserAddress
const hash = (letter: string) => toBase64url(new Uint8Array(32).fill(letter.charCodeAt(0)))
const id = toBase64url(new Uint8Array(16).fill(1))
const storedAt = '2026-11-21T14:02:00.000Z'
let me: Identity
let bobs: NewIdentity

beforeAll(async () => {
  const made = { device: 'laptop', origin: 'https://example.org', random, nowMs: 0 }
  me = (await createIdentity({ ...made, user: alice })).identity
  bobs = await createIdentity({ ...made, user: bob })
})

const sent = (): SentRecord => ({
  id,
  date: '2026-11-21T12:00:00.000Z',
  expires: '2026-12-21T12:00:00.000Z',
  media: [{ root: hash('r'), sizeBytes: 5 }],
  messageHash: hash('m'),
  acceptedAt: '2026-11-21T12:00:00.000Z',
  uploadedBytes: 5,
  recipients: [{ address: bob, state: 'fetching', fetchedAt: null, receipted: [] }],
})
const received = () => ({ id, messageHash: hash('m'), from: me.address })
const made = () => makeReceipt(bobs.identity, received(), { root: hash('r'), sizeBytes: 5 }, storedAt)
const receiptOf = (): Receipt => JSON.parse(Buffer.from(made().body, 'base64url').toString()) as Receipt
const person = () =>
  ({ address: bob, fingerprint: bobs.identity.fingerprint, opened: bobs.identity.opened, approved: true }) as Person

async function take(content: SignedNote['content'], from: DeviceAddress = bobs.identity.address, record = sent()) {
  const steps: SentEvent[] = []
  const store = openMemoryStore()
  const contacts: unknown[] = []
  const asking = Array.from({ length: ASKING_MAX }, (_, at) => ({
    address: `x${at}`,
    theyAsked: true,
    approved: false,
  }))
  const outcome = await takeNote(
    { content, from } as SignedNote,
    from.startsWith('bob@')
      ? person()
      : ({ ...person(), address: 'stranger@example.org', approved: false } as unknown as Person),
    [{ put: 'arrivals', key: 'seen', value: 1 }],
    {
      store,
      me,
      people: {
        acceptContactNote: async (who, token) => {
          contacts.push([who.address, token])
          return 'asks'
        },
        noteSeenHead: async () => {},
        takeDecisions: async () => {},
        list: async () => asking as unknown as Person[],
      },
      inbox: { get: async () => undefined, learn: async () => {} },
      takeCopyOrOpen: async () => 'nothing',
      sent: {
        get: async (what) => (what === record.id ? record : undefined),
        step: async (_id, event, also) => {
          steps.push(event)
          await store.write(also)
        },
      },
    },
  )
  const receipts = (await store.all('receipts')).map(({ key }) => key)
  return { outcome, steps, receipts, contacts, seen: await store.get('arrivals', 'seen') }
}

describe('receipts', () => {
  test('[R2] a receipt that is right in everything is believed and kept as it was signed', async () => {
    const { outcome, steps, receipts, seen } = await take({ note: 'receipt', receipt: made() })
    expect(outcome).toBe('fitted')
    expect(steps).toEqual([{ kind: 'receipt', by: bobs.identity.address, root: hash('r'), storedAt }])
    expect(receipts).toEqual([`taken ${id} ${hash('r')} ${bobs.identity.address}`])
    expect(seen).toBe(1)
  })

  test.each<[string, (receipt: Receipt) => Receipt]>([
    ['another message', (receipt) => ({ ...receipt, messageId: toBase64url(new Uint8Array(16)) })],
    ['other words under the same id', (receipt) => ({ ...receipt, messageHash: hash('x') })],
    ['media that is not in the message', (receipt) => ({ ...receipt, root: hash('x') })],
    ['another size', (receipt) => ({ ...receipt, sizeBytes: 4 })],
    ['another sender', (receipt) => ({ ...receipt, sender: 'carol@example.org' as UserAddress })],
    [
      'another device than the one that signed',
      (receipt) => ({ ...receipt, device: 'bob@example.org/phone' as DeviceAddress }),
    ],
  ])('[R2] a receipt for %s is not believed, and the note is not read again', async (_what, change) => {
    const receipt = signReceipt(change(receiptOf()), bobs.identity.deviceKey)
    const { outcome, steps, receipts, seen } = await take({ note: 'receipt', receipt })
    expect([outcome, steps, receipts, seen]).toEqual(['nothing', [], [], 1])
  })

  test('[R2] a receipt under another key, or of somebody who was not named, is not believed', async () => {
    const forged = signReceipt(receiptOf(), generateSigningKey(random))
    expect((await take({ note: 'receipt', receipt: forged })).outcome).toBe('nothing')
    const altered = { ...made(), signature: toBase64url(new Uint8Array(64)) }
    expect((await take({ note: 'receipt', receipt: altered })).outcome).toBe('nothing')
    const carol = 'carol@example.org' as UserAddress
    const recipients = sent().recipients.map((one) => ({ ...one, address: carol }))
    const others = { ...sent(), recipients }
    expect((await take({ note: 'receipt', receipt: made() }, bobs.identity.address, others)).outcome).toBe('nothing')
  })

  test('[R2] progress of a message that was never sent from here changes nothing', async () => {
    const messageId = toBase64url(new Uint8Array(16))
    expect(await take({ note: 'progress', messageId, state: 'fetching' })).toMatchObject({
      outcome: 'nothing',
      steps: [],
      seen: 1,
    })
  })

  test('[I6] a flood of strangers who ask to be contacts is not kept; those we know and invited are heard', async () => {
    const stranger = 'stranger@example.org/laptop' as DeviceAddress
    expect((await take({ note: 'contact' }, stranger)).contacts).toEqual([])
    const token = toBase64url(new Uint8Array(16))
    expect((await take({ note: 'contact', token }, stranger)).contacts).toEqual([['stranger@example.org', token]])
    expect((await take({ note: 'contact' })).contacts).toEqual([[bob, undefined]])
  })
})
