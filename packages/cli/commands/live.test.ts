// `doorpost live` and `doorpost watch`: what is asked of the device, and what a person is told.

import type { LiveShowing, LiveWatching } from '@doorpost/peer/live/contract'
import { Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { fake } from '../fake-surroundings.ts'

const viewer = {
  address: 'bob@a.example/phone',
  state: 'watching',
  pictures: 'moving',
  bytesPerSecond: 0,
  skipped: 0,
} as const
const showing: LiveShowing = { broadcast: 'B', asking: [], viewers: [], sinks: 'none', frames: 0, skipped: 0 }
const watching: LiveWatching = {
  user: 'alice@a.example',
  state: 'asked',
  switches: 0,
  shown: 0,
  missing: 0,
  doubled: 0,
  late: 0,
  unshown: 0,
  viewers: 1,
}

test('[LVP23] live asks for what was said, tells who asks and which way pictures go, each once', async () => {
  const { run, asked, err } = fake({
    cwd: '/films',
    answers: {
      'live.show'(_args, { progress }) {
        const tell = (now: Partial<LiveShowing>) =>
          progress({ kind: 'live', change: { what: 'showing', showing: { ...showing, ...now } } })
        tell({ asking: ['carol@a.example'] })
        tell({ asking: ['carol@a.example'], viewers: [{ ...viewer, path: 'server' }] })
        tell({ asking: ['carol@a.example'], viewers: [{ ...viewer, path: 'server' }] })
        tell({ viewers: [{ ...viewer, path: 'peer' }] })
        tell({ viewers: [{ ...viewer, state: 'pending', reason: 'capacity' }] })
        return { broadcast: 'B', frames: 7, skipped: 0, reason: 'source-ended' }
      },
    },
  })
  const words = [
    '--from',
    'clip.mp4',
    '--to',
    'bob',
    '--stills',
    '5s',
    '--rate',
    '50k',
    '--ack-window',
    '1',
    '--again',
    '--no-sound',
    '--record',
    'kept.mp4',
  ]
  expect(await run('live', ...words)).toBe(EXIT.ok)
  expect(asked).toEqual([
    {
      name: 'live.show',
      args: {
        from: '/films/clip.mp4',
        to: ['bob'],
        again: true,
        sound: false,
        record: '/films/kept.mp4',
        stillsEveryMs: 5_000,
        bitsPerSecond: 400_000,
        ackWindow: 1,
      },
    },
  ])
  expect(err().split('\n')).toEqual([
    'carol@a.example asks to watch. Let them in: doorpost live approve carol@a.example',
    'bob@a.example/phone watches through the server.',
    'bob@a.example/phone watches straight from here.',
    'bob@a.example/phone waits: the server has no room for more pictures now.',
    'It is over. 7 pictures were shown.',
    'It was recorded. For those who missed it: doorpost send kept.mp4 WHO',
    '',
  ])
})

test('[LVP84] --from - shows what is piped in, once; where a person sits there it says what to write', async () => {
  const answers = { 'live.show': () => ({ broadcast: 'B', frames: 7, skipped: 0, reason: 'source-ended' }) }
  const { run, asked } = fake({ answers })
  expect(await run('live', '--from', '-', '--to', 'bob')).toBe(EXIT.ok)
  expect(asked).toEqual([{ name: 'live.show', args: { from: '/tmp/in', piped: true, to: ['bob'] } }])
  expect(await run('live', '--from', '-', '--again')).toBe(EXIT.usage)
  const typed = fake({ answers, terminal: true })
  expect(await typed.run('live', '--from', '-')).toBe(EXIT.usage)
  expect(typed.err()).toContain('< FILE')
  expect(typed.asked).toEqual([])
})

test('[LVP23] decisions and the lists are there from any terminal', async () => {
  const standing = {
    always: ['carol@a.example'],
    never: ['mallory@a.example'],
    showing: [{ ...showing, asking: ['dave'] }],
  }
  const { run, asked, out } = fake({
    answers: { 'live.decide': () => standing, 'live.showing': () => standing, 'live.mute': () => standing },
  })
  for (const action of ['approve', 'decline', 'allow', 'kick', 'lift']) {
    expect(await run('live', action, 'bob')).toBe(EXIT.ok)
    expect(asked.at(-1)).toEqual({ name: 'live.decide', args: { user: 'bob', decision: action } })
  }
  for (const action of ['mute', 'unmute']) {
    expect(await run('live', action)).toBe(EXIT.ok)
    expect(asked.at(-1)).toEqual({ name: 'live.mute', args: { muted: action === 'mute' } })
  }
  expect(await run('live', 'mute', 'bob')).toBe(EXIT.usage)
  expect(await run('live', 'list')).toBe(EXIT.ok)
  expect(asked.at(-1)).toEqual({ name: 'live.showing', args: {} })
  expect(out().split('\n').slice(-4)).toEqual([
    'Ask to watch: dave',
    'Always let in: carol@a.example',
    'Kept out: mallory@a.example',
    '',
  ])
  expect(await run('live', 'kick')).toBe(EXIT.usage)
  expect(await run('live')).toBe(EXIT.usage)
  expect(await run('live', '--from', 'x', '--ack-window', '31')).toBe(EXIT.usage)
})

test('[LVP23] watch says where pictures come from, and why it is over', async () => {
  const end = { ...watching, state: 'over', reason: 'kicked', shown: 10, missing: 2 } as const
  const { run, asked, err } = fake({
    cwd: '/films',
    answers: {
      'live.watch'(_args, { progress }) {
        const tell = (now: Partial<LiveWatching>) =>
          progress({ kind: 'live', change: { what: 'watching', watching: { ...watching, ...now } } })
        tell({})
        tell({ state: 'watching', path: 'server' })
        tell({ state: 'watching', path: 'server', shown: 4 })
        tell({ state: 'watching', path: 'peer' })
        return end
      },
    },
  })
  expect(await run('watch', 'alice', '--into', 'party.mp4')).toBe(EXIT.unavailable)
  expect(asked).toEqual([{ name: 'live.watch', args: { user: 'alice', into: '/films/party.mp4' } }])
  expect(err().split('\n')).toEqual([
    'They are asked whether you may watch.',
    'Pictures come through the server.',
    'Pictures come straight from them.',
    'They put you out. 10 pictures came, 2 were missed.',
    '',
  ])
  expect(await run('watch', 'alice', '--into', 'party.mkv', '--no-sound')).toBe(EXIT.unavailable)
  expect(asked.at(-1)?.args).toEqual({ user: 'alice', into: '/films/party.mkv', sound: false })
  expect(await run('watch', 'alice')).toBe(EXIT.usage)
  expect(await run('watch', 'alice', '--into', 'a.mp4', '--stills', 'b')).toBe(EXIT.usage)
})

test('[LVP83] --play gives the pictures to a player, and that it is closed is an end like any other', async () => {
  let end: 'closed' | Trouble | undefined
  const tried = (how: 'closed' | Trouble | undefined) =>
    fake({
      playerEnd: () => end,
      answers: {
        'live.watch'(_args, { progress }) {
          end = how
          const shown = { ...watching, state: 'watching', path: 'peer', shown: 3 } as const
          progress({ kind: 'live', change: { what: 'watching', watching: shown } })
          if (how === undefined) return { ...shown, state: 'over', reason: 'ended' }
          throw new Trouble('cannot-write', 'Nobody takes the pictures any more.')
        },
      },
    })
  const whole = tried(undefined)
  expect(await whole.run('watch', 'alice', '--play')).toBe(EXIT.ok)
  expect(whole.asked).toEqual([{ name: 'live.watch', args: { user: 'alice', socket: '/tmp/player' } }])
  const closed = tried('closed')
  expect(await closed.run('watch', 'alice', '--player', 'vlc')).toBe(EXIT.ok)
  expect(closed.err()).toBe(
    'Pictures come straight from them.\nThe player was closed. 3 pictures came, none was missed.\n',
  )
  const broken = tried(new Trouble('not-available', 'mpv could not show the pictures.', { todo: 'Another may.' }))
  expect(await broken.run('watch', 'alice', '--play')).toBe(EXIT.unavailable)
  expect(broken.err()).toContain('mpv could not show the pictures.')
  expect(await tried(undefined).run('watch', 'alice', '--play', '--into', 'a.mkv')).toBe(EXIT.usage)
})

test('[LVP83] who gets stills where they want moving pictures is told why', async () => {
  const stills = { ...watching, state: 'watching', pictures: 'stills', path: 'server' } as const
  for (const words of [
    ['--into', 'a.mp4'],
    ['--stills', 'b'],
  ]) {
    const { run, err } = fake({
      answers: {
        'live.watch'(_args, { progress }) {
          progress({ kind: 'live', change: { what: 'watching', watching: stills } })
          return { ...stills, state: 'over', reason: 'ended' }
        },
      },
    })
    expect(await run('watch', 'alice', ...words)).toBe(EXIT.ok)
    expect(err().includes('Only stills come for now')).toBe(words[0] === '--into')
  }
})

test('[LVP23] with --json every change is a document of its own, the result last', async () => {
  const { run, out } = fake({
    answers: {
      'live.watch'(_args, { progress }) {
        progress({ kind: 'live', change: { what: 'watching', watching } })
        return { ...watching, state: 'over', reason: 'ended' }
      },
    },
  })
  expect(await run('watch', 'alice', '--into', 'a.mp4', '--json')).toBe(EXIT.ok)
  const documents = out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LiveWatching)
  expect(documents).toEqual([watching, { ...watching, state: 'over', reason: 'ended' }])
})
