// Sending as whole devices do it, with lines that are cut and processes that die at the wrong moment.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import { Refusal } from '@doorpost/protocol/errors'
import { arrives, ask, becomes, inbox, playScene, text, troubleOf } from '../node/street-scene.ts'
import type { Progress } from '../operations.ts'
import type { Store } from '../store/store.ts'
import type { OutboxEntry } from './outbox-entry.ts'

const scene = playScene()
const outbox = (store: Store) => store.all<OutboxEntry>('outbox')

describe('sending', () => {
  test('[G4] what makes a message is one write: killed before it nothing happened, after it the message goes', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4', 'x'.repeat(3_000_000))
    const progress: Progress[] = []
    const cut = new AbortController()
    const sending = ask(
      alice,
      'send',
      { to: ['bob'], files: [film] },
      {
        signal: cut.signal,
        onProgress(one) {
          progress.push(one)
          if (one.kind === 'reading' && one.doneBytes > 0) cut.abort()
        },
      },
    )
    await expect(sending).rejects.toMatchObject({ code: 'cancelled' })
    for (const room of ['sent', 'offers', 'lists-bytes', 'outbox'] as const) {
      expect(await alice.store.all(room)).toEqual([])
    }
    // The line is cut: written down, and the process dies before it could be handed in.
    alice.line.become('offline')
    const { id, accepted, heldBack } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    expect([accepted, heldBack]).toEqual([false, expect.stringMatching(/when the server is back/)])
    expect((await outbox(alice.store)).length).toBe(1)
    expect((await alice.store.all('lists-bytes')).map(({ key }) => key)).toEqual(
      (await alice.store.all('offers')).map(({ key }) => key),
    )
    alice.kill()
    const again = await scene.move('alice', { store: alice.store })
    await arrives(bob, id, 'announced')
    await becomes(again, id, 'announced')
    expect(await again.store.all('outbox')).toEqual([])
  })

  test('[G5] an answer that was lost, and a crash before it was written down: the same bytes again, one message', async () => {
    const [alice, bob] = await scene.friends()
    scene.street.losesAnswers = 1
    const { id, accepted } = await ask(alice, 'send', text(['bob']))
    expect(accepted).toBe(false)
    alice.kill()
    const again = await scene.move('alice', { store: alice.store })
    await becomes(again, id, 'announced')
    expect(scene.street.accepted.filter((one) => one.class === 'message').map((one) => one.id)).toEqual([id])
    expect((await inbox(bob)).length).toBe(1)
  })

  test('[G5] the server knows a newer list: sealed again under the same id, and receipts name the new words', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4')
    scene.street.refusals.push(new Refusal('list-moved-on'))
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    await arrives(bob, id, 'announced')
    const got = await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    expect(got).toMatchObject({ id, receipt: 'sent' })
    await becomes(alice, id, 'fetched')
  })

  test('[G6] nobody can be asked for the keys: the draft waits, and is sealed when the line is back', async () => {
    const alice = await scene.move('alice')
    const bob = await scene.move('bob')
    alice.line.become('offline')
    const { id, heldBack } = await ask(alice, 'send', text(['bob']))
    expect(heldBack).toMatch(/keys of bob@example.org/)
    expect(await ask(alice, 'status', { id })).toMatchObject({ heldBack, recipients: [{ state: 'waiting' }] })
    expect((await outbox(alice.store))[0]?.value.envelope).toBeUndefined()
    alice.line.become('online')
    await arrives(bob, id, 'request')
    expect((await ask(alice, 'status', { id })).heldBack).toBeUndefined()
  })

  test('[G7] a changed key stops sending until it was accepted', async () => {
    const [alice, bob] = await scene.friends()
    await bob.close()
    const other = await scene.move('bob', { edition: 'second' })
    // Another account under that name, as the server shows it.
    await ask(alice, 'finger', { address: 'bob' })
    await expect(ask(alice, 'send', text(['bob']))).rejects.toMatchObject({ code: 'key-changed' })
    expect(await ask(alice, 'sent', {})).toEqual([])
    await ask(alice, 'contacts.add', { who: 'bob', acceptChangedKey: other.me.fingerprint })
    const { id } = await ask(alice, 'send', text(['bob']))
    await arrives(other, id, 'request')
  })

  test('[G8] what the server refuses for good is an error, and nothing of it is offered any more', async () => {
    const [alice] = await scene.friends()
    const film = await scene.file('film.mp4')
    scene.street.refusals.push(new Refusal('not-permitted-by-policy', { detail: 'Not on a Sunday.' }))
    await expect(ask(alice, 'send', { to: ['bob'], files: [film] })).rejects.toMatchObject({
      code: 'not-permitted-by-policy',
      message: 'Not on a Sunday.',
    })
    const [status] = await ask(alice, 'sent', {})
    expect(status).toMatchObject({ heldBack: 'Not on a Sunday.', recipients: [{ state: 'waiting' }] })
    expect([await outbox(alice.store), await alice.store.all('offers'), await alice.store.all('lists-bytes')]).toEqual([
      [],
      [],
      [],
    ])
  })

  test('[X89] a message that was refused for its date keeps standing there with what a person can do', async () => {
    const [alice] = await scene.friends()
    scene.street.refusals.push(new Refusal('malformed', { detail: CLOCK_AHEAD }))
    await expect(ask(alice, 'send', text(['bob']))).rejects.toMatchObject({ code: 'malformed' })
    const [status] = await ask(alice, 'sent', {})
    expect(status?.heldBack).toMatch(/^This machine's clock is ahead/)
  })
  test('[G8] a server that says later is asked later', async () => {
    const [alice, bob] = await scene.friends()
    scene.street.refusals.push(new Refusal('draining', { detail: 'Closing down.', retryAfterMs: 10 }))
    const { id, heldBack } = await ask(alice, 'send', text(['bob']))
    expect(heldBack).toBe('Closing down.')
    await arrives(bob, id, 'ready')
  })

  test.each([
    [{ to: ['bob'], files: [] }, 'nothing-to-send'],
    [{ to: ['bob'], files: [], text: 'x', date: 'yesterday' }, 'malformed'],
    [{ to: ['bob'], files: [], text: 'x', time: '25:00' }, 'malformed'],
    [{ to: ['bob'], files: [], text: 'x', lifetimeMs: 1 }, 'malformed'],
    [{ to: ['bob'], files: [], text: 'x'.repeat(100_001) }, 'malformed'],
    [{ to: ['nobody'], files: [], text: 'x' }, 'no-such-user'],
    [{ to: ['bob@elsewhere:99'], files: [], text: 'x' }, 'other-domain'],
    [{ to: ['bob'], files: ['/nonexistent/film.mp4'] }, 'no-such-file'],
  ])('[G2] %j is refused as %s before anything is written', async (draft, code) => {
    const alice = await scene.move('alice')
    await scene.move('bob')
    await expect(ask(alice, 'send', draft)).rejects.toMatchObject({ code })
    expect(await alice.store.all('sent')).toEqual([])
  })

  test('[G1] whoever cannot be written to is found out before any file is read', async () => {
    const alice = await scene.move('alice')
    const film = await scene.file('film.mp4')
    const progress: Progress[] = []
    const sending = ask(alice, 'send', { to: ['nobody'], files: [film] }, { onProgress: (one) => progress.push(one) })
    expect((await troubleOf(sending)).code).toBe('no-such-user')
    expect(progress).toEqual([])
  })

  test('[G11] when its time is over nothing is given out, though nobody has swept yet', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film], lifetimeMs: 3_000_000 })
    await arrives(bob, id, 'announced')
    scene.later(3600_000)
    expect((await alice.store.all('offers')).length).toBe(1)
    const got = ask(bob, 'get', { what: id, folder: join(scene.folder, 'out'), noWait: true })
    expect((await troubleOf(got)).message).toMatch(/its time is over/)
  })

  test('[G15] the same file sent twice has another key, list and root each time', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4')
    const [one, other] = [
      await ask(alice, 'send', {
        to: ['bob'],
        files: [film],
        fileTitles: { [film]: 'Mine' },
        fileDates: { [film]: '2026-01-02' },
      }),
      await ask(alice, 'send', { to: ['bob'], files: [film] }),
    ]
    expect(one.media[0]?.root).not.toBe(other.media[0]?.root)
    expect((await arrives(bob, one.id, 'announced')).media[0]).toMatchObject({ title: 'Mine', date: '2026-01-02' })
  })

  test('[G13] withdrawn: it leaves the outbox, and nobody can fetch it any more', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    await arrives(bob, id, 'announced')
    const waiting = ask(alice, 'send.wait', { id: id.slice(0, 6) })
    await ask(alice, 'send.withdraw', { id })
    await waiting
    const [url] = (await inbox(bob)).flatMap(({ media }) => media.map((one) => one.url))
    await arrives(bob, id, 'gone')
    for (const what of [id, url ?? '']) {
      const failed = await troubleOf(ask(bob, 'get', { what, folder: join(scene.folder, 'out'), noWait: true }))
      expect(failed.code).toBe('gone')
    }
    expect(await alice.store.all('offers')).toEqual([])
    alice.line.become('offline')
    const held = await ask(alice, 'send', text(['bob']))
    await ask(alice, 'send.withdraw', { id: held.id })
    alice.line.become('online')
    // What is sent after it arrives; it does not.
    await arrives(bob, (await ask(alice, 'send', text(['bob'], 'later'))).id, 'ready')
    expect(scene.street.accepted.map((one) => one.id)).not.toContain(held.id)
    expect(await outbox(alice.store)).toEqual([])
  })

  test('[G11] only named recipients that may reach us get anything, and everybody else the same nothing', async () => {
    const [alice, bob] = await scene.friends()
    const carol = await scene.move('carol')
    await scene.street.befriend(alice, carol)
    const film = await scene.file('film.mp4')
    const { id, media } = await ask(alice, 'send', { to: ['bob'], files: [film] })
    const entry = await arrives(bob, id, 'announced')
    const url = entry.media[0]?.url ?? ''
    expect(media[0]?.url).toBe(url)
    const noWait = { folder: join(scene.folder, 'out'), noWait: true }
    await expect(ask(carol, 'get', { what: url, ...noWait })).rejects.toMatchObject({ code: 'no-source' })
    await expect(ask(bob, 'get', { what: url.replace(id, 'A'.repeat(22)), ...noWait })).rejects.toMatchObject({
      code: 'no-source',
    })
    await ask(alice, 'contacts.remove', { address: 'bob' })
    expect(['no-source', 'not-mutual']).toContain((await troubleOf(ask(bob, 'get', { what: url, ...noWait }))).code)
    expect(await stat(join(scene.folder, 'out', 'film.mp4')).catch(() => 'nothing')).toBe('nothing')
  })
})
