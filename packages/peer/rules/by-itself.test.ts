// Rules at work in whole devices: what is fetched, what is shown, and what senders can tell.

import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Neighbour } from '../fake-neighbours.ts'
import { arrives, ask, becomes, inbox, playScene, text, troubleOf } from '../node/street-scene.ts'
import type { InboxEntry, PreferenceEdit } from '../operations.ts'

/** What happens by itself takes its time on a busy machine. */
const eventually = (look: () => void | Promise<void>) => vi.waitFor(look, 10_000)

const scene = playScene()
const out = () => join(scene.folder, 'out')
const change = (who: Neighbour, ...edits: PreferenceEdit[]) => ask(who, 'prefs.change', { edits })
const all = (who: Neighbour) => ask(who, 'inbox', { show: 'all' })

/** Everything that is told to somebody who watches. */
function watch(who: Neighbour): InboxEntry[] {
  const seen: InboxEntry[] = []
  const onProgress = (progress: { kind: string; entry?: InboxEntry }) => progress.entry && seen.push(progress.entry)
  void ask(who, 'inbox.watch', {}, { onProgress }).catch(() => {})
  return seen
}

test('[RUL13] what a rule fetches is told of when it is there and not before; what is to be asked for at once', async () => {
  const [alice, bob] = await scene.friends({ fetchRuledInto: out() })
  await change(bob, { addRule: { types: ['video/*'], decide: 'fetch' } })
  const seen = watch(bob)
  const film = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await arrives(bob, film.id, 'ready')
  const notes = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('notes.txt')] })
  await arrives(bob, notes.id, 'announced')
  await eventually(() =>
    expect(seen.map(({ id, state }) => [id, state])).toEqual([
      [film.id, 'ready'],
      [notes.id, 'announced'],
    ]),
  )
})

test('[RUL13] what waits for its source to be fetched by itself is seen with everything alone', async () => {
  const [alice, bob] = await scene.friends({ fetchInto: out() })
  scene.street.presence(alice, false)
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await eventually(async () => expect(await all(bob)).toMatchObject([{ id, state: 'scheduled', hidden: 'by-itself' }]))
  expect(await inbox(bob)).toEqual([])
  scene.street.presence(alice, true)
  await arrives(bob, id, 'ready')
})

test('[RUL10] a rule that is made later fetches what waits to be asked for', async () => {
  const [alice, bob] = await scene.friends({ fetchRuledInto: out() })
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await arrives(bob, id, 'announced')
  await change(bob, { addRule: { from: ['alice'], sizeBytesMax: 3, decide: 'fetch' } })
  await change(bob, { addRule: { from: ['alice'], sizeBytesMax: 4, decide: 'fetch' } })
  const [media] = (await arrives(bob, id, 'ready')).media
  expect(media?.path).toBe(join(out(), 'film.mp4'))
})

test('[BSR8] what its user cleared away is not fetched by itself again, and is when they ask', async () => {
  const [alice, bob] = await scene.friends({ fetchRuledInto: out() })
  await change(bob, { addRule: { decide: 'fetch' } })
  const { id, media } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await arrives(bob, id, 'ready')
  await bob.device.cleared(id, media[0]?.root ?? '')
  await change(bob, { addRule: { types: ['video/*'], decide: 'fetch' } })
  // Later mail was looked at after it, by the same rules.
  const later = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('later.mp4')] })
  await arrives(bob, later.id, 'ready')
  expect((await all(bob)).find((one) => one.id === id)?.state).toBe('announced')
  await ask(bob, 'get', { what: id, folder: out() })
  await arrives(bob, id, 'ready')
})

test('[RUL11] where the network is called metered a rule for others does not fetch', async () => {
  const [alice, bob] = await scene.friends({ fetchRuledInto: out(), metered: true })
  await change(bob, { addRule: { network: 'unmetered', decide: 'fetch' } })
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await arrives(bob, id, 'announced')
  await change(bob, { reset: 'fetch' }, { addRule: { decide: 'fetch' } })
  const [media] = (await arrives(bob, id, 'ready')).media
  expect(media?.path).toBe(join(out(), 'film.mp4'))
})

test('[RUL11] what only waits for its sender to be in the same network is fetched once they are', async () => {
  const [alice, bob] = await scene.friends({ fetchRuledInto: out(), networkAddresses: () => ['192.168.1.2:4711'] })
  await change(bob, { addRule: { network: 'local', decide: 'fetch' } })
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await arrives(bob, id, 'announced')
  scene.street.presence(alice, true, ['192.168.1.3:4711'])
  const [media] = (await arrives(bob, id, 'ready')).media
  expect(media?.path).toBe(join(out(), 'film.mp4'))
})

test('[RUL12] a junk sender is heard by nobody and told nothing, and is there again when taken out', async () => {
  const [alice, bob] = await scene.friends({ fetchInto: out() })
  await change(bob, { add: 'junk', who: 'alice' })
  expect(await ask(bob, 'contacts.list', {})).toMatchObject([{ state: 'mutual', preferred: 'junk' }])
  const seen = watch(bob)
  const film = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  const words = await ask(alice, 'send', text(['bob']))
  await eventually(async () => expect(await all(bob)).toHaveLength(2))
  expect(await inbox(bob)).toEqual([])
  expect((await ask(bob, 'inbox', { show: 'junk' })).map(({ hidden }) => hidden)).toEqual(['junk', 'junk'])
  const trouble = await troubleOf(ask(bob, 'get', { what: film.id, folder: out() }))
  expect(trouble).toMatchObject({ code: 'not-available' })
  // As of anybody who has not looked yet, and of nobody more than that: not even that it was declined.
  await becomes(alice, film.id, 'announced')
  await becomes(alice, words.id, 'announced')
  const refused = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('other.mp4')] })
  await becomes(alice, refused.id, 'announced')
  await ask(bob, 'refuse', { id: refused.id })
  const notes = () => scene.street.accepted.filter((one) => one.class === 'note' && one.from === bob.me.address)
  const told = notes().length
  // Whatever Bob owed would go before this one.
  await ask(bob, 'contacts.add', { who: 'alice' })
  await eventually(() => expect(notes()).toHaveLength(told + 1))
  expect(seen).toEqual([])
  await change(bob, { remove: 'junk', who: 'alice' })
  await arrives(bob, film.id, 'ready')
  await becomes(alice, film.id, 'fetched')
  await eventually(() => expect(seen.map(({ id }) => id)).toContain(words.id))
})

test('[RUL12] whoever becomes junk while they are fetched from is left', async () => {
  const [alice, bob] = await scene.friends({ fetchInto: out() })
  scene.street.presence(alice, false)
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await eventually(async () => expect((await all(bob))[0]?.state).toBe('scheduled'))
  await change(bob, { add: 'junk', who: 'alice' })
  await eventually(async () => expect(await all(bob)).toMatchObject([{ id, state: 'announced', hidden: 'junk' }]))
  scene.street.presence(alice, true)
  const words = await ask(alice, 'send', text(['bob']))
  await eventually(async () => expect((await all(bob)).map((one) => one.id)).toContain(words.id))
  expect((await all(bob)).find((one) => one.id === id)?.state).toBe('announced')
})

test('[RUL12] that a junk sender asks to be a contact is not shown', async () => {
  const [bob, eve] = [await scene.move('bob'), await scene.move('eve')]
  await change(bob, { add: 'junk', who: 'eve' })
  await ask(eve, 'contacts.add', { who: 'bob' })
  const asks = async () => (await ask(bob, 'contacts.list', {})).map(({ address, state }) => [address, state])
  await eventually(async () => expect((await bob.people.list()).map(({ theyAsked }) => theyAsked)).toEqual([true]))
  expect(await asks()).toEqual([])
  await change(bob, { reset: 'junk' })
  expect(await asks()).toEqual([['eve@example.org', 'asks']])
})

test('[RUL16] mail of somebody who is blocked is not shown and not fetched, and is there again afterwards', async () => {
  const [alice, bob] = await scene.friends()
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await arrives(bob, id, 'announced')
  await ask(bob, 'contacts.block', { address: 'alice' })
  expect([await inbox(bob), (await all(bob)).map(({ hidden }) => hidden)]).toEqual([[], ['blocked']])
  const words = await ask(alice, 'send', text(['bob']))
  await eventually(() => expect(scene.street.copies).toEqual([]))
  expect(await inbox(bob)).toEqual([])
  await ask(bob, 'contacts.unblock', { address: 'alice' })
  await arrives(bob, id, 'announced')
  await arrives(bob, words.id, 'ready')
})

test('[RUL16] what is on its way when its sender is blocked is left', async () => {
  const [alice, bob] = await scene.friends({ fetchInto: out() })
  scene.street.presence(alice, false)
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
  await eventually(async () => expect((await all(bob))[0]?.state).toBe('scheduled'))
  await ask(bob, 'contacts.block', { address: 'alice' })
  await eventually(async () => expect(await all(bob)).toMatchObject([{ id, state: 'announced', hidden: 'blocked' }]))
})
