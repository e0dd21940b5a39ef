import type { ContactLine, Operations } from '@doorpost/peer/operations'
import { Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'

const bob: ContactLine = { address: 'bob@localhost:8025', fingerprint: 'F'.repeat(43), state: 'mutual', online: true }
const link = 'http://localhost:8025/i#v1.alice@localhost:8025.F.T'

test('[X26] contacts lists people with what they are to you', async () => {
  const lines: ContactLine[] = [
    bob,
    { ...bob, address: 'carol@localhost:8025', state: 'asks', online: false },
    { address: 'dora@localhost:8025', fingerprint: 'G', state: 'changed' },
  ]
  const it = fake({ answers: { 'contacts.list': () => lines } })
  expect(await it.run('contacts')).toBe(0)
  expect(it.out()).toMatch(/^bob@localhost:8025 +contact +on-line +F{43}$/m)
  expect(it.out()).toMatch(/^carol@localhost:8025 +asks to be a contact +away/m)
  expect(it.out()).toMatch(/^dora@localhost:8025 +their key changed: compare it with them +G$/m)
  const json = fake({ answers: { 'contacts.list': () => lines } })
  await json.run('contacts', 'list', '--json')
  expect(JSON.parse(json.out())).toEqual(lines)
})

test('[RUL20] contacts says who comes first and who is junk', async () => {
  const lines: ContactLine[] = [
    { ...bob, preferred: 'first' },
    { ...bob, address: 'eve@localhost:8025', preferred: 'junk' },
  ]
  const it = fake({ answers: { 'contacts.list': () => lines } })
  await it.run('contacts')
  expect(it.out()).toMatch(/^bob@localhost:8025 +contact, comes first +on-line/m)
  expect(it.out()).toMatch(/^eve@localhost:8025 +contact, junk +on-line/m)
})

test('[X26] nobody there yet: how to get somebody', async () => {
  const it = fake({ answers: { 'contacts.list': () => [] } })
  expect(await it.run('contacts')).toBe(0)
  expect(it.out()).toBe('')
  expect(it.err()).toContain('doorpost contacts invite')
})

test('[X26] add says whether it takes the other one as well', async () => {
  const it = fake({ answers: { 'contacts.add': () => bob } })
  expect(await it.run('contacts', 'add', 'bob')).toBe(0)
  expect(it.asked).toEqual([{ name: 'contacts.add', args: { who: 'bob' } }])
  expect(it.out()).toBe('bob@localhost:8025 and you are contacts now.\n')
  const half = fake({ answers: { 'contacts.add': () => ({ ...bob, state: 'approved' as const }) } })
  await half.run('contacts', 'add', 'bob', '--accept-changed-key', 'F')
  expect(half.asked[0]?.args).toEqual({ who: 'bob', acceptChangedKey: 'F' })
  expect(half.out()).toContain('As soon as they add you as well')
})

test('[X26] a changed key blocks, and tells what to do', async () => {
  const it = fake({
    answers: {
      'contacts.add': () => {
        throw new Trouble('key-changed', '')
      },
    },
  })
  expect(await it.run('contacts', 'add', 'bob')).toBe(77)
  expect(it.err()).toMatch(/not the one you know.*\nCompare the fingerprint/)
})

test.each([
  ['remove', 'contacts.remove', 'bob is no contact of yours any more.'],
  ['block', 'contacts.block', 'bob is blocked'],
  ['unblock', 'contacts.unblock', 'bob is not blocked any more.'],
] as const)('[X26] %s changes one person and says so', async (action, name, told) => {
  const it = fake({ answers: { [name]: () => [] } })
  expect(await it.run('contacts', action, 'bob')).toBe(0)
  expect(it.asked).toEqual([{ name, args: { address: 'bob' } }])
  expect(it.out()).toContain(told)
  expect(await fake().run('contacts', action)).toBe(64)
})

test('[X26] an invitation is a link on a line of its own, a QR code beside it', async () => {
  const made = { link, expires: '2026-05-10T14:02:00.000Z' }
  const it = fake({ answers: { 'contacts.invite': () => made } })
  expect(await it.run('contacts', 'invite', '--expires', '12h', '--qr')).toBe(0)
  expect(it.asked).toEqual([{ name: 'contacts.invite', args: { lifetimeMs: 12 * 3600_000 } }])
  expect(it.out()).toBe(`${link}\n`)
  expect(it.err()).toMatch(/[▀▄█]{5}/)
  expect(it.err()).toContain('It can be used once, until 10 May.')
  expect(await fake().run('contacts', 'invite', 'bob')).toBe(64)
})

test('[SRC12] open asks in plain words, and changes nothing without a yes', async () => {
  const prefs = { openTo: ['dora@localhost:8025'] } as unknown as Operations['prefs.change']['result']
  const yes = fake({ answers: { 'prefs.change': () => prefs }, reply: 'yes' })
  expect(await yes.run('contacts', 'open', 'dora')).toBe(0)
  expect(yes.err()).toMatch(/dora will see your network address.*once they have said the same/)
  expect(yes.asked).toEqual([{ name: 'prefs.change', args: { edits: [{ add: 'openTo', who: 'dora' }] } }])
  expect(yes.out()).toBe('dora may see your network address. It counts once they say the same of you.\n')
  const no = fake({ answers: { 'prefs.change': () => prefs }, reply: 'no' })
  expect(await no.run('contacts', 'open', 'dora')).not.toBe(0)
  expect(no.asked).toEqual([])
})

test('[SRC12] where nobody can be asked, open wants a word in the command; close needs none', async () => {
  const prefs = { openTo: [] } as unknown as Operations['prefs.change']['result']
  const silent = fake({ answers: { 'prefs.change': () => prefs } })
  expect(await silent.run('contacts', 'open', 'dora')).toBe(64)
  expect(silent.asked).toEqual([])
  const sure = fake({ answers: { 'prefs.change': () => prefs } })
  expect(await sure.run('contacts', 'open', 'dora', '--yes', '--json')).toBe(0)
  expect(JSON.parse(sure.out())).toEqual({ openTo: [] })
  const close = fake({ answers: { 'prefs.change': () => prefs } })
  expect(await close.run('contacts', 'close', 'dora')).toBe(0)
  expect(close.asked).toEqual([{ name: 'prefs.change', args: { edits: [{ remove: 'openTo', who: 'dora' }] } }])
})
