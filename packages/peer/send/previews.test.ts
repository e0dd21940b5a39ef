import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PREVIEWS_LENGTH_MAX, type Preview } from '@doorpost/protocol/preview'
import { arrives, ask, playScene } from '../node/street-scene.ts'
import type { Progress } from '../operations.ts'

const scene = playScene()
const preview: Preview = { type: 'image/webp', bytes: 'AAAA', width: 640, height: 360, durationSeconds: 61.5 }

describe('previews', () => {
  test('[CRD2] a contact has the sender’s picture with the message, a stranger’s is not given out', async () => {
    const [alice, bob] = await scene.friends()
    const carol = await scene.move('carol')
    const film = await scene.file('film.mp4')
    const { id, media } = await ask(alice, 'send', {
      to: ['bob', 'carol'],
      files: [film],
      filePreviews: { [film]: preview },
    })
    expect(media[0]?.preview).toEqual(preview)
    expect((await arrives(bob, id, 'announced')).media[0]?.preview).toEqual(preview)
    expect((await arrives(carol, id, 'request')).media[0]).not.toHaveProperty('preview')
    // Declining one that was a request does not show it either.
    expect((await ask(carol, 'refuse', { id })).media[0]).not.toHaveProperty('preview')
  })

  test('[CRD3] pictures that find no room in the message are left out, their media are not', async () => {
    const [alice, bob] = await scene.friends()
    const big: Preview = { ...preview, bytes: 'A'.repeat(32_768) }
    const files = await Promise.all(Array.from({ length: 17 }, (_, at) => scene.file(`film-${at}.mp4`)))
    const filePreviews = Object.fromEntries(files.map((file) => [file, big]))
    const { id } = await ask(alice, 'send', { to: ['bob'], files, filePreviews })
    const { media } = await arrives(bob, id, 'announced')
    expect(media.length).toBe(17)
    expect(media.filter((one) => one.preview).length).toBe(Math.floor(PREVIEWS_LENGTH_MAX / big.bytes.length))
  })
})

describe('fetching as a card shows it', () => {
  test('[CRD4] progress names every source with its path and rate, and what is there without a gap from the beginning', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4', new Uint8Array(3 * 1024 * 1024 + 5))
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    await arrives(bob, id, 'announced')
    const progress: Progress[] = []
    await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') }, { onProgress: (one) => progress.push(one) })
    const last = progress.findLast(({ kind }) => kind === 'fetching')
    expect(last).toMatchObject({
      headBytes: 3 * 1024 * 1024 + 5,
      serving: [{ source: 'alice@example.org/laptop' }],
    })
    // The sender counts what it gave to whom.
    const [recipient] = (await ask(alice, 'status', { id })).recipients
    expect(recipient?.givenBytes).toBe(3 * 1024 * 1024 + 5)
  })

  test('[CRD5] pausing ends a fetch whoever asked for it, and it goes on with get', async () => {
    const [alice, bob] = await scene.friends()
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('film.mp4')] })
    await arrives(bob, id, 'announced')
    scene.street.presence(alice, false)
    const folder = join(scene.folder, 'out')
    const waiting = ask(bob, 'get', { what: id, folder })
    waiting.catch(() => {})
    await arrives(bob, id, 'scheduled')
    expect((await ask(bob, 'pause', { id: id.slice(0, 8) })).state).toBe('announced')
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    scene.street.presence(alice, true)
    expect((await ask(bob, 'get', { what: id, folder })).files.length).toBe(1)
  })
})
