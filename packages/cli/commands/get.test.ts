import { Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { entry, ID } from '../fake-messages.ts'
import { fake } from '../fake-surroundings.ts'

const got = {
  id: ID,
  files: [{ name: 'film.mp4', file: '/work/films/out/film.mp4', sizeBytes: 1_000_000, root: 'R'.repeat(43) }],
  fetchedBytes: 1_000_000,
  receipt: 'sent' as const,
}
const fetching = {
  kind: 'fetching' as const,
  name: 'film.mp4',
  doneBytes: 380_000,
  sizeBytes: 1_000_000,
  allDoneBytes: 380_000,
  allSizeBytes: 1_000_000,
  bytesPerSecond: 61_000_000,
  source: 'alice@localhost:8025/laptop',
  path: 'direct' as const,
}

test('[X16] relative folders are made absolute before a device hears of them, and a pipe gets the files alone', async () => {
  const it = fake({ answers: { get: () => got } })
  expect(await it.run('get', ID, '--out', 'out', '--path', 'direct', '--no-wait')).toBe(0)
  expect(it.asked).toEqual([
    { name: 'get', args: { what: ID, folder: '/work/films/out', path: 'direct', noWait: true } },
  ])
  expect(it.out()).toBe('/work/films/out/film.mp4\n')
  expect(it.err().replaceAll('\u00a0', ' ')).toBe(
    'You have it. 1.0 MB fetched, all of it verified. Your receipt is on its way to the sender.\n',
  )
})

test('[X16] files go into the current folder where none is named, and `latest` is the newest that is not here yet', async () => {
  const inbox = [
    entry({ id: 'b'.repeat(22), receivedAt: '2026-05-03T13:30:00.000Z', state: 'ready' }),
    entry({ id: 'c'.repeat(22), receivedAt: '2026-05-03T13:20:00.000Z' }),
    entry({ id: 'd'.repeat(22), receivedAt: '2026-05-03T13:40:00.000Z', media: [] }),
    entry({ id: 'e'.repeat(22), receivedAt: '2026-05-03T13:10:00.000Z' }),
  ]
  const it = fake({ answers: { inbox: () => inbox, get: () => got } })
  expect(await it.run('get', 'latest')).toBe(0)
  expect(it.asked[1]).toEqual({ name: 'get', args: { what: 'c'.repeat(22), folder: '/work/films' } })
})

test('[X85] `latest` is what can come, before what was taken back or declined, or nobody may fetch yet', async () => {
  const gone = entry({ id: 'b'.repeat(22), receivedAt: '2026-05-03T13:50:00.000Z', state: 'gone' })
  const declined = entry({ id: 'c'.repeat(22), receivedAt: '2026-05-03T13:40:00.000Z', state: 'refused' })
  const asking = entry({ id: 'd'.repeat(22), receivedAt: '2026-05-03T13:30:00.000Z', state: 'request' })
  const comes = entry({ id: 'e'.repeat(22), receivedAt: '2026-05-03T13:20:00.000Z', state: 'scheduled' })
  const it = fake({ answers: { inbox: () => [asking, gone, comes, declined], get: () => got } })
  await it.run('get', 'latest')
  expect(it.asked[1]).toMatchObject({ args: { what: comes.id } })
  const none = fake({ answers: { inbox: () => [asking, gone, declined], get: () => got } })
  await none.run('get', 'latest')
  expect(none.asked[1]).toMatchObject({ args: { what: gone.id } })
})

test('[X3] get --json writes one document', async () => {
  const it = fake({ answers: { get: (_, { progress }) => (progress(fetching), got) } })
  expect(await it.run('get', ID, '--json')).toBe(0)
  expect(JSON.parse(it.out())).toEqual(got)
})

test('[X9] a terminal gets a bar with per cent, rate, time left, source and path; it is taken away in the end', async () => {
  const it = fake({ answers: { get: (_, { progress }) => (progress(fetching), got) }, terminal: true, columns: 120 })
  await it.run('get', ID)
  expect(it.err().replaceAll('\u00a0', ' ')).toContain(
    ' 38 % · 61.0 MB/s · 0 s left · of 1.0 MB · alice@localhost:8025/laptop, direct\r\u001b[KYou have it.',
  )
})

/** Ctrl-C comes while it fetches. */
function stopped() {
  const it = fake({
    answers: {
      get: (_, { signal }) => {
        it.stop()
        signal?.throwIfAborted()
        return got
      },
    },
  })
  return it
}

test('[X10] Ctrl-C stops a fetch and says how to go on', async () => {
  const it = stopped()
  expect(await it.run('get', ID, '--out', 'out', '--home', 'B')).toBe(130)
  expect(it.err()).toBe(
    `Stopped. What came so far is kept; this goes on from there: doorpost get ${ID} --out out --home B\n`,
  )
  expect(it.out()).toBe('')
})

test('[X82] the command that goes on works as written, whatever the folders are called', async () => {
  const it = stopped()
  await it.run('get', ID, '--out', "Ann's films", '--home', 'my home')
  expect(it.err()).toContain(`doorpost get ${ID} --out 'Ann'\\''s films' --home 'my home'\n`)
})

test('[X9] while nothing comes no bar stands there that says how fast it came', async () => {
  const waiting = { kind: 'waiting' as const, name: 'film.mp4', reason: "Alice's laptop is asleep." }
  const it = fake({
    answers: { get: (_, { progress }) => (progress(fetching), progress(waiting), got) },
    terminal: true,
    columns: 120,
  })
  await it.run('get', ID)
  expect(it.err()).toContain("direct\r\u001b[Kfilm.mp4: Alice's laptop is asleep.\nYou have it.")
})

test('[X16] a reason to wait is told once, also where no bar is drawn', async () => {
  const waiting = { kind: 'waiting' as const, name: 'film.mp4', reason: "Alice's laptop is asleep." }
  const it = fake({
    answers: { get: (_, { progress }) => (progress(waiting), progress(waiting), progress(fetching), got) },
  })
  await it.run('get', ID)
  expect(it.err().match(/asleep/g)).toHaveLength(1)
})

test('[X2] nobody on-line who has it: try later', async () => {
  const it = fake({
    answers: {
      get: () => {
        throw new Trouble('no-source', '')
      },
    },
  })
  expect(await it.run('get', ID, '--no-wait')).toBe(75)
  expect(it.err()).toMatch(/^No device that has it is on-line now\./)
})

test('[X23] an id that begins with a dash is taken as an id, and a beginning of one where there is only one', async () => {
  const dashed = `-${'x'.repeat(21)}`
  const twice = `--${'y'.repeat(20)}`
  const answers = { get: () => got, inbox: () => [entry({ id: dashed }), entry({ id: twice }), entry()] }
  for (const [written, id] of [
    [dashed, dashed],
    [twice, twice],
    ['-xxxxx', dashed],
    [ID.slice(0, 8), ID],
  ] as const) {
    const it = fake({ answers })
    expect(await it.run('get', written, '--json')).toBe(0)
    expect(it.asked.at(-1)?.args).toMatchObject({ what: id })
  }
  for (const written of ['zzzzzz', ID.slice(0, 5)]) {
    const it = fake({ answers })
    expect(await it.run('get', written)).toBe(66)
  }
  const two = fake({ answers: { inbox: () => [entry({ id: `${ID.slice(0, 21)}x` }), entry()] } })
  expect(await two.run('get', ID.slice(0, 10))).toBe(66)
  expect(two.err()).toContain('More than one message')
})

test('[F25] --stream asks for the bytes themselves, of one media, and says nothing on standard output', async () => {
  const it = fake({
    answers: {
      'get.stream': () => ({ id: ID, name: 'film.mp4', sizeBytes: 1_000_000, fetchedBytes: 1_000_000, whole: true }),
    },
  })
  expect(await it.run('get', ID, '--stream', '--media', '2', '--path', 'tunnel', '--no-wait')).toBe(0)
  expect(it.asked.at(-1)).toEqual({
    name: 'get.stream',
    args: { what: ID, socket: '/tmp/out', media: '2', path: 'tunnel', noWait: true },
  })
  expect(it.out()).toBe('')
  expect(it.err()).toContain('written, all of it verified. Nothing is kept.')
  expect(await it.run('get', ID, '--stream', '--json')).toBe(64)
  expect(await it.run('get', ID, '--media', '2')).toBe(64)
})

test('[F19] of several sources the bar tells the fastest and how many more; who is dropped is said', async () => {
  const it = fake({
    terminal: true,
    columns: 160,
    answers: {
      get: (_args, { progress }) => {
        const more = { allDoneBytes: 5, allSizeBytes: 10, bytesPerSecond: 61_000_000 }
        const source = 'alice@localhost:8025/laptop'
        progress({
          kind: 'fetching',
          name: 'film.mp4',
          doneBytes: 5,
          sizeBytes: 10,
          ...more,
          source,
          path: 'direct',
          sources: 3,
        })
        progress({
          kind: 'dropped',
          name: 'film.mp4',
          reason: 'mallory@example.org/tv sent bytes that were not signed.',
        })
        return { id: ID, files: [], fetchedBytes: 10, receipt: 'sent' }
      },
    },
  })
  expect(await it.run('get', ID)).toBe(0)
  expect(it.err()).toContain('direct and 2 more')
  expect(it.err()).toContain('mallory@example.org/tv sent bytes')
})
