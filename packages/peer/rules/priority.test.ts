// Somebody who comes first, while a film of somebody else is on its way.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { arrives, ask, inbox, playScene } from '../node/street-scene.ts'
import type { Path } from '../paths/path.ts'

/** What happens by itself takes its time on a busy machine. */
const eventually = (look: () => void | Promise<void>) => vi.waitFor(look, 10_000)

const scene = playScene()
const out = () => join(scene.folder, 'out')
const MEBIBYTE = 1024 * 1024

/** Counts the pieces asked of each sender, and lets them come one by one as a test allows. */
function gates() {
  const asked = new Map<string, number>()
  const held = new Map<string, (() => void)[]>()
  const open = new Set<string>()
  return {
    asked: (name: string) => asked.get(name) ?? 0,
    /** One more piece of theirs comes. */
    release: (name: string) => held.get(name)?.shift()?.(),
    /** From now on all of theirs do. */
    open(name: string) {
      open.add(name)
      for (const go of held.get(name)?.splice(0) ?? []) go()
    },
    on(name: string, path: Path): Path {
      const piece = path.piece.bind(path)
      return Object.assign(Object.create(path) as Path, {
        piece: async (...question: Parameters<Path['piece']>) => {
          asked.set(name, (asked.get(name) ?? 0) + 1)
          if (open.has(name)) return await piece(...question)
          const released = new Promise<true>((resolve) => {
            held.set(name, [...(held.get(name) ?? []), () => resolve(true)])
          })
          const goes = await Promise.race([released, path.closed])
          return goes === true ? await piece(...question) : { state: 'line-broken' as const, cause: 'closed' }
        },
      })
    },
  }
}

test('[RUL15] a running fetch stops for somebody who comes first, keeps what it has, and goes on afterwards', async () => {
  const gate = gates()
  const bob = await scene.move('bob', {
    fetchInto: out(),
    door: async ({ address }, open) => gate.on(address.split('@')[0] ?? '', await open()),
  })
  const [alice, carol] = [await scene.move('alice'), await scene.move('carol')]
  await scene.street.befriend(alice, bob)
  await scene.street.befriend(carol, bob)
  await ask(bob, 'prefs.change', { edits: [{ add: 'priority', who: 'carol' }] })
  const show = async () => await ask(bob, 'inbox', { show: 'all' })
  const film = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film', randomBytes(48 * MEBIBYTE))] })
  await eventually(() => expect(gate.asked('alice')).toBeGreaterThan(2))
  gate.release('alice')
  await eventually(async () => expect((await show())[0]?.media[0]?.verifiedBytes).toBe(MEBIBYTE))

  const urgent = await ask(carol, 'send', { to: ['bob'], files: [await scene.file('urgent', randomBytes(MEBIBYTE))] })
  await eventually(() => expect(gate.asked('carol')).toBe(1))
  const askedBefore = gate.asked('alice')
  for (let more = 0; more < 3; more++) gate.release('alice')
  await eventually(async () => {
    const [entry] = await show()
    expect([entry?.state, entry?.waitsFor]).toEqual([
      'scheduled',
      'It makes room for somebody who comes first, and goes on by itself.',
    ])
  })
  // Not one piece was asked for since, and there is no line any more on which one could come.
  gate.open('alice')
  expect(gate.asked('alice')).toBe(askedBefore)
  expect((await inbox(bob)).length).toBe(0)

  gate.open('carol')
  await arrives(bob, urgent.id, 'ready')
  const [media] = (await arrives(bob, film.id, 'ready')).media
  expect(media?.verifiedBytes).toBe(48 * MEBIBYTE)
  // What had landed before was not asked for again.
  expect(gate.asked('alice')).toBeLessThan(askedBefore + 48)
})
