// Who is let in, by the person and by their lists, and that the key goes before the word to the server.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { LivePush } from '@doorpost/protocol/live/control'
import type { Note } from '@doorpost/protocol/note'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { Trouble } from '../operations.ts'
import { systemRandom } from '../random.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { ALICE, FAKE_FORMAT, FAKE_WATCH, fakeLiveServer } from './fake-live-server.ts'
import { createLive, type LiveOptions } from './live.ts'
import type { LiveMedia } from './media.ts'
import type { EncodedFrame, FrameSource } from './source.ts'

const context = { signal: new AbortController().signal, onProgress() {} }
const me = { user: 'alice@a.example', address: ALICE, device: 'laptop', origin: 'http://a.example' } as never

/** Alice's device and a server that notes what it is asked; `happened` has notes and decisions in their order. */
async function device(store = openMemoryStore(), more: Partial<LiveOptions> = {}) {
  const clock = fakeClock()
  const server = fakeLiveServer(ALICE)
  const happened: string[] = []
  let push: (push: LivePush) => void = () => {}
  let stopped = new AbortController()
  const live = await createLive({
    platform: { connect: server.connect.broadcaster },
    polls: false,
    store,
    line: {
      async call(method: string, target: string, options: { body?: unknown } = {}) {
        const { user, decision } = (options.body ?? {}) as { user?: string; decision?: string }
        if (decision !== undefined) happened.push(`${decision} ${user}`)
        return await server.call(method, target, options)
      },
      onPush: (listener: (push: LivePush) => void) => {
        push = listener
        return () => {}
      },
      onState: () => () => {},
    } as never,
    clock,
    random: systemRandom,
    me,
    people: { recall: async () => undefined, onChange: () => () => {} },
    permission: { admits: async () => true },
    tell(to: string, note: Note) {
      happened.push(`${note.note} ${to}`)
      return { handedIn: Promise.resolve() }
    },
    onFault: (error) => expect.fail(String(error)),
    ...more,
  })
  onTestFinished(() => live[Symbol.asyncDispose]())
  const show = async (...to: string[]) => {
    stopped = new AbortController()
    const source = { start() {}, wantKeyFrame() {}, [Symbol.asyncDispose]: async () => {} }
    const shown = live.show({ source, format: FAKE_FORMAT }, { to }, { ...context, signal: stopped.signal })
    await settle()
    const broadcast = (await live.operations['live.showing']({}, context)).showing[0]?.broadcast ?? ''
    const asks = async (user: string) => {
      push({ kind: 'live-ask', broadcast, watch: FAKE_WATCH, viewer: `${user}/phone` as DeviceAddress, contact: true })
      await settle()
    }
    const end = async () => {
      stopped.abort(new Trouble('cancelled', 'Stopped.'))
      return await shown
    }
    return { asks, end }
  }
  const decide = (user: string, decision: 'approve' | 'decline' | 'allow' | 'kick' | 'lift') =>
    live.operations['live.decide']({ user, decision }, context)
  return { live, clock, happened, show, decide, store }
}

test('[LVP18] whoever is shown it is let in, each key before the word to the server; others are asked about, one by one', async () => {
  const { happened, show, decide } = await device()
  const { asks, end } = await show('bob')
  expect(happened).toEqual(['live-key bob@a.example', 'approve bob@a.example'])
  await asks('carol@a.example')
  await asks('dave@a.example')
  expect(happened).toHaveLength(2)
  const { showing } = await decide('carol', 'approve')
  expect(showing[0]?.asking).toEqual(['dave@a.example'])
  await decide('dave', 'decline')
  expect(happened.slice(2)).toEqual(['live-key carol@a.example', 'approve carol@a.example', 'decline dave@a.example'])
  // Let in once is let in until put out.
  await asks('carol@a.example')
  expect(happened.slice(5)).toEqual(['live-key carol@a.example', 'approve carol@a.example'])
  expect(await end()).toMatchObject({ reason: 'stopped' })
})

test('[LVP19] the lists are kept: allowed people come in by themselves, kicked ones stay out until lifted, over broadcasts and restarts', async () => {
  const first = await device()
  await first.decide('bob', 'allow')
  expect(await first.decide('mallory', 'kick')).toMatchObject({
    always: ['bob@a.example'],
    never: ['mallory@a.example'],
  })
  const { happened, show, decide } = await device(first.store)
  const one = await show()
  expect(happened).toEqual(['kick mallory@a.example'])
  await one.asks('bob@a.example')
  await one.asks('mallory@a.example')
  expect(happened.slice(1)).toEqual(['live-key bob@a.example', 'approve bob@a.example', 'decline mallory@a.example'])
  // Put out: off the approved list, too.
  expect(await decide('bob', 'kick')).toMatchObject({ always: [], never: ['mallory@a.example', 'bob@a.example'] })
  expect(happened.at(-1)).toBe('kick bob@a.example')
  await one.asks('bob@a.example')
  expect(happened.at(-1)).toBe('decline bob@a.example')
  await decide('bob', 'lift')
  await one.end()
  const two = await show()
  await two.asks('bob@a.example')
  const { showing, never } = await decide('nobody', 'decline')
  expect(showing[0]?.asking).toEqual(['bob@a.example'])
  expect(never).toEqual(['mallory@a.example'])
  await two.end()
})

test('[LVP19] a list is bounded, and says so', async () => {
  const { live, store } = await device()
  const many = Array.from({ length: 999 }, (_, number) => `viewer${number}@a.example` as UserAddress)
  await store.write([{ put: 'settings', key: 'live-people', value: { always: many, never: [] } }])
  const again = await device(store)
  await again.decide('bob', 'allow')
  await expect(again.decide('carol', 'allow')).rejects.toMatchObject({ code: 'bad-preference' })
  await live[Symbol.asyncDispose]()
})

test('[LVP25] [LVP66] what is shown can be kept, with its sound unless that is off: each picture goes into the file before it is sent, also when nobody is sent to any more', async () => {
  let give: (frame: EncodedFrame) => void = () => {}
  let stop: (trouble?: Error) => void = () => {}
  const kept: string[] = []
  const source: FrameSource = {
    start({ onFrame, onEnd }) {
      give = onFrame
      stop = onEnd
    },
    wantKeyFrame() {},
    [Symbol.asyncDispose]: async () => {},
  }
  const media: LiveMedia = {
    openSource: async () => ({ source, format: FAKE_FORMAT }),
    openSink: async ({ into }) => ({
      decodes: ['h264'],
      hears: true,
      failed: Promise.withResolvers<never>().promise,
      onFormat: ({ picture }) => kept.push(`${into} ${picture?.codec}`),
      take: ({ header, bytes }) => kept.push(`${header.type} ${header.keyFrame} ${bytes[0]}`) > 0,
      [Symbol.asyncDispose]: async () => void kept.push('closed'),
    }),
  }
  const { live, clock } = await device(openMemoryStore(), {
    platform: { media, connect: fakeLiveServer(ALICE).connect.viewer },
  })
  const shown = live.operations['live.show']({ from: '/clip', to: [], record: '/kept.mp4' }, context)
  await settle()
  give({ kind: 'picture', isKey: true, layer: 0, capturedAtUs: 0, bytes: Uint8Array.of(1) })
  await live.operations['live.mute']({ muted: true }, context)
  give({ kind: 'audio', isKey: false, layer: 0, capturedAtUs: 0, bytes: Uint8Array.of(9) })
  give({ kind: 'picture', isKey: false, layer: 0, capturedAtUs: 0, bytes: Uint8Array.of(2) })
  await live.operations['live.mute']({ muted: false }, context)
  give({ kind: 'audio', isKey: false, layer: 0, capturedAtUs: 0, bytes: Uint8Array.of(3) })
  stop(new Trouble('not-available', 'The camera went away.'))
  // Nobody acknowledges what was sent.
  shown.catch(() => {})
  await clock.pass(3_000)
  await expect(shown).rejects.toThrow('The camera went away.')
  expect(kept).toEqual(['/kept.mp4 avc1.42E01F', 'picture true 1', 'picture false 2', 'audio false 3', 'closed'])
})

test('[LVE4] a device that closes while it keeps what it watches waits until the file is whole', async () => {
  const whole = Promise.withResolvers<void>()
  const media: LiveMedia = {
    openSource: () => Promise.reject(new Error('nothing to show')),
    openSink: async () => ({
      decodes: ['h264'],
      hears: true,
      failed: Promise.withResolvers<never>().promise,
      onFormat() {},
      take: () => true,
      [Symbol.asyncDispose]: () => whole.promise,
    }),
  }
  const { live, show } = await device(openMemoryStore(), {
    platform: { media, connect: fakeLiveServer(ALICE).connect.viewer },
  })
  // There is something to watch.
  await show()
  const watched = live.operations['live.watch']({ user: 'alice', into: '/film.mp4' }, context)
  await settle()
  let isClosed = false
  const closed = live[Symbol.asyncDispose]().then(() => void (isClosed = true))
  await settle()
  expect(isClosed).toBe(false)
  whole.resolve()
  await closed
  expect(await watched).toMatchObject({ state: 'over', reason: 'left' })
})

test('[LVW26] what the server carries now can be asked for', async () => {
  const { live } = await device()
  expect(await live.operations['live.capacity']({}, context)).toEqual({
    bytesPerSecondMax: 1,
    bytesPerSecond: 0,
    connectionsMax: 1,
    connections: 0,
  })
})

test('[LVP28] a device that asks for its mail now and then shows and watches nothing, and says so', async () => {
  const { live } = await device(openMemoryStore(), { polls: true })
  const source = { start() {}, wantKeyFrame() {}, [Symbol.asyncDispose]: async () => {} }
  const refused = { code: 'not-available' }
  await expect(live.show({ source, format: FAKE_FORMAT }, { to: [] }, context)).rejects.toMatchObject(refused)
  const sink = { onFormat() {}, onFrame() {} }
  await expect(live.watch({ user: 'bob', pictures: 'moving', decodes: [] }, sink, context)).rejects.toMatchObject(
    refused,
  )
})

test('[SEC9] a stranger’s word that something is shown is not heard; a contact’s is', async () => {
  const { live } = await device()
  const heard: string[] = []
  live.onShown(({ by }) => heard.push(by))
  const note = { note: 'live-key', broadcast: 'BBBBBBBBBBBBBBBBBBBBBA', epoch: 0, key: 'A'.repeat(43) } as const
  for (const [name, ofContact] of [
    ['mallory', false],
    ['bob', true],
  ] as const) {
    const from = { address: `${name}@a.example/phone` as DeviceAddress, deviceKey: new Uint8Array(32) }
    live.takeNote(from, note, { toMeAlone: false, ofContact })
  }
  expect(heard).toEqual(['bob@a.example/phone'])
})

describe('people change while something is shown', () => {
  /** Bob with these devices, as this device knows him. */
  const bob = (names: readonly string[], blocked = false) =>
    ({
      blocked,
      opened: { list: { devices: names.map((name) => ({ name, key: `key of ${name}`, revokedAt: undefined })) } },
    }) as never

  async function shown() {
    let known = bob(['phone', 'laptop'])
    let tellChange: (user: UserAddress) => void = () => {}
    const made = await device(openMemoryStore(), {
      people: {
        recall: async () => known,
        onChange(listener) {
          tellChange = listener
          return () => {}
        },
      },
    })
    await made.show('bob')
    made.happened.length = 0
    return {
      ...made,
      async becomes(person: never) {
        known = person
        tellChange('bob@a.example' as UserAddress)
        await settle()
      },
    }
  }

  test('[SEC16] a viewer’s device that is revoked is left out: the others are told a new key', async () => {
    const { happened, becomes } = await shown()
    await becomes(bob(['phone', 'laptop', 'tablet']))
    expect(happened).toEqual([])
    await becomes(bob(['laptop', 'tablet']))
    expect(happened).toEqual(['live-key bob@a.example'])
    await becomes(bob(['laptop', 'tablet']))
    expect(happened).toHaveLength(1)
  })

  test('[SEC16] who is blocked while they watch is put out at once', async () => {
    const { happened, becomes } = await shown()
    await becomes(bob(['phone', 'laptop'], true))
    expect(happened).toEqual(['kick bob@a.example'])
  })
})
