import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Neighbour } from '../fake-neighbours.ts'
import { nodeRetentionFiles } from '../node/retention-files.ts'
import { createSentCopies } from '../node/sent-copies.ts'
import { arrives, ask, inbox, playScene, troubleOf } from '../node/street-scene.ts'
import { nodeFolderEyes } from '../node/watch-folder.ts'
import type { Operations, Progress } from '../operations.ts'
import { editionOf } from './watch-state.ts'

const scene = playScene()
const PATIENCE_MS = 10_000

async function settled(): Promise<[Neighbour, Neighbour, string]> {
  const bob = await scene.move('bob')
  const alice = await scene.move('alice', eyes())
  await scene.street.befriend(alice, bob)
  await vi.waitFor(async () => {
    for (const one of [alice, bob]) expect((await ask(one, 'contacts.list', {}))[0]?.state).toBe('mutual')
  }, PATIENCE_MS)
  const drop = join(scene.folder, 'drop')
  await mkdir(drop)
  return [alice, bob, drop]
}
function eyes() {
  const home = join(scene.folder, 'home')
  return { home, folderEyes: nodeFolderEyes, retentionFiles: nodeRetentionFiles, sentCopies: createSentCopies(home) }
}
/** Begins to watch; what was sent gathers in `sent`. */
function watching(who: Neighbour, folder: string, more: Partial<Operations['send.watch']['args']> = {}) {
  const stop = new AbortController()
  const told: Progress[] = []
  const ended = ask(
    who,
    'send.watch',
    { folder, draft: { to: ['bob'] }, settleMs: 50, ...more },
    { signal: stop.signal, onProgress: (one) => told.push(one) },
  ).catch((error: unknown) => error)
  const sent = () => told.flatMap((one) => (one.kind === 'watched' ? [one.name] : []))
  return { stop: () => stop.abort(), ended, sent, told }
}
const titles = async (who: Neighbour) =>
  (await inbox(who)).flatMap(({ media }) => media.map(({ name }) => name)).toSorted()

describe('send --watch', () => {
  test('[ELS8] what is dropped is sent once it is complete, each once, also across restarts; stopping is clean', async () => {
    const [alice, bob, drop] = await settled()
    await writeFile(join(drop, 'before.mov'), 'film')
    const first = watching(alice, drop, { pattern: '*.mov' })
    await vi.waitFor(() => expect(first.sent()).toEqual(['before.mov']), PATIENCE_MS)
    await writeFile(join(drop, 'notes.txt'), 'no film')
    await writeFile(join(drop, 'take1.mov.part'), 'half')
    const recorder = await open(join(drop, 'recording.mov'), 'w')
    await recorder.write('so far')
    await vi.waitFor(async () => expect((await nodeFolderEyes.busy([join(drop, 'recording.mov')]))?.size).toBe(1))
    await rename(join(drop, 'take1.mov.part'), join(drop, 'take1.mov'))
    await vi.waitFor(() => expect(first.sent()).toEqual(['before.mov', 'take1.mov']), PATIENCE_MS)
    await recorder.close()
    await vi.waitFor(() => expect(first.sent()).toEqual(['before.mov', 'take1.mov', 'recording.mov']), PATIENCE_MS)
    first.stop()
    expect(await first.ended).toMatchObject({ code: 'cancelled' })
    alice.kill()
    const again = await scene.move('alice', { store: alice.store, ...eyes() })
    const second = watching(again, drop, { pattern: '*.mov' })
    await writeFile(join(drop, 'later.mov'), 'film')
    await vi.waitFor(() => expect(second.sent()).toEqual(['later.mov']), PATIENCE_MS)
    second.stop()
    await second.ended
    await vi.waitFor(async () => {
      expect(await titles(bob)).toEqual(['before.mov', 'later.mov', 'recording.mov', 'take1.mov'])
    }, PATIENCE_MS)
  })

  test('[ELS8] a file that another one replaced after it was looked at is not sent for it', async () => {
    const [alice, bob, drop] = await settled()
    let swaps = 0
    const folderEyes = {
      ...nodeFolderEyes,
      async busy(paths: readonly string[]) {
        // Between the look and the sending.
        if (swaps++ === 0) await rename(join(scene.folder, 'other.mov'), join(drop, 'film.mov'))
        return await nodeFolderEyes.busy(paths)
      },
    }
    await writeFile(join(scene.folder, 'other.mov'), 'another')
    await writeFile(join(drop, 'film.mov'), 'a film')
    alice.kill()
    const again = await scene.move('alice', { store: alice.store, ...eyes(), folderEyes })
    const watch = watching(again, drop)
    await vi.waitFor(() => expect(watch.sent()).toEqual(['film.mov']), PATIENCE_MS)
    watch.stop()
    await watch.ended
    const [lies] = await nodeFolderEyes.scan(drop, 10)
    const marks = (await again.store.all('watched')).map(({ key }) => key.split(' ').at(-1))
    expect(marks).toEqual([lies && editionOf(lies.stamp)])
    await vi.waitFor(async () => expect((await inbox(bob)).map(({ media }) => media[0]?.sizeBytes)).toEqual([7]))
  })

  test("[ELS9] --take moves what was sent into Doorpost's own folder, from where it is given out", async () => {
    const [alice, bob, drop] = await settled()
    const watch = watching(alice, drop, { take: true })
    await writeFile(join(drop, 'film.mov'), 'a film')
    await vi.waitFor(() => expect(watch.sent()).toEqual(['film.mov']), PATIENCE_MS)
    await vi.waitFor(async () => expect(await readdir(drop)).toEqual([]), PATIENCE_MS)
    watch.stop()
    await watch.ended
    const [entry] = await inbox(bob)
    const id = entry?.id ?? ''
    await arrives(bob, id, 'announced')
    await vi.waitFor(async () => {
      expect((await alice.store.all<{ path: string }>('offers'))[0]?.value.path).toBe(
        join(scene.folder, 'home/sent', id, 'film.mov'),
      )
    }, PATIENCE_MS)
    await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    expect(await readFile(join(scene.folder, 'out/film.mov'), 'utf8')).toBe('a film')
  })

  test('[ELS9] a folder that is not there, and people who are not, end it at once', async () => {
    const [alice, , drop] = await settled()
    const none = ask(alice, 'send.watch', { folder: join(drop, 'none'), draft: { to: ['bob'] } })
    expect((await troubleOf(none)).code).toBe('no-such-file')
    const nobody = watching(alice, drop, { draft: { to: ['nobody'] } })
    await writeFile(join(drop, 'film.mov'), 'a film')
    expect(await nobody.ended).toMatchObject({ code: 'no-such-user' })
  })
})
