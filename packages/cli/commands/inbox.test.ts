import { expect, test } from 'vitest'
import { entry, ID, media } from '../fake-messages.ts'
import { fake, NOW } from '../fake-surroundings.ts'

const self = {
  address: 'bob@localhost:8025',
  device: 'tower',
  fingerprint: 'F',
  server: 'http://localhost:8025',
  home: '/home/ann/.doorpost',
  agent: false,
  online: true,
  share: 'all' as const,
}

const fields = {
  title: 'The wedding',
  text: 'Sunday cut\nwith music',
  date: '2026-05-02',
  time: '14:02',
  copyright: '© Ann',
  who: 'everybody',
  what: 'a wedding',
  when: 'in May',
  where: 'at the lake',
  why: 'love',
  inReplyTo: 'z'.repeat(22),
}

test('[X14] inbox --json is a list with id, from, title, date, media and state, and every field as it was set', async () => {
  const listed = { ...media({ title: 'First dance', date: '2026-05-01', folder: ['day 1'] }), verifiedBytes: 5 }
  const it = fake({ answers: { inbox: () => [entry({ ...fields, media: [listed] })], whoami: () => self } })
  expect(await it.run('inbox', '--json')).toBe(0)
  const [line] = JSON.parse(it.out()) as Record<string, unknown>[]
  expect(Object.keys(line ?? {}).slice(0, 6)).toEqual(['id', 'from', 'title', 'date', 'media', 'state'])
  expect(line).toMatchObject({ ...fields, id: ID, from: 'alice@localhost:8025', state: 'announced' })
  expect(line?.['media']).toEqual([listed])
})

test('[X14] a message without a title has null for it, and an empty inbox is an empty list', async () => {
  const { title: _, ...untitled } = entry()
  const it = fake({ answers: { inbox: () => [untitled], whoami: () => self } })
  await it.run('inbox', '--json')
  expect(JSON.parse(it.out())).toMatchObject([{ title: null }])
  const empty = fake({ answers: { inbox: () => [], whoami: () => self } })
  expect(await empty.run('inbox', '--json')).toBe(0)
  expect(JSON.parse(empty.out())).toEqual([])
})

test('[X3] inbox --watch --json writes one document a line: what is there, then every change', async () => {
  const it = fake({
    answers: {
      inbox: () => [entry()],
      whoami: () => self,
      'inbox.watch': async (_, { progress, signal }) => {
        progress({ kind: 'inbox', entry: entry({ state: 'fetching' }) })
        progress({ kind: 'inbox', entry: entry({ state: 'ready', text: 'two\nlines' }) })
        it.stop()
        signal?.throwIfAborted()
        throw new Error('unreachable')
      },
    },
  })
  expect(await it.run('inbox', '--watch', '--json')).toBe(130)
  const lines = it.out().trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['announced', 'fetching', 'ready'])
})

test('[X8] titles and names of others reach a terminal without anything it would obey', async () => {
  const title = 'A\u001b]0;owned\u0007B\u202egpj.exe\nC\u009b31m'
  const it = fake({
    answers: { inbox: () => [entry({ title })], whoami: () => self },
    terminal: true,
    columns: 200,
    env: { NO_COLOR: '1' },
  })
  await it.run('inbox')
  expect(it.out()).toContain('A\ufffd]0;owned\ufffdB\ufffdgpj.exe C\ufffd31m')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the point
  expect(it.out()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  const json = fake({ answers: { inbox: () => [entry({ title })], whoami: () => self } })
  await json.run('inbox', '--json')
  expect(json.out()).not.toMatch(/[\u007f-\u009f\u202a-\u202e]/)
  expect(JSON.parse(json.out())).toMatchObject([{ title }])
})

test('[X14] one message in full shows its text and its files', async () => {
  const it = fake({ answers: { inbox: () => [entry({ ...fields, media: [{ ...media(), verifiedBytes: 0 }] })] } })
  expect(await it.run('inbox', ID)).toBe(0)
  for (const shown of ['Sunday cut\nwith music\n', 'at the lake', 'film.mp4', '© Ann'])
    expect(it.out()).toContain(shown)
  const other = fake({ answers: { inbox: () => [entry()] } })
  expect(await other.run('inbox', 'q'.repeat(22))).toBe(66)
})

test('[X84] who looks for mail is told when the server could not be asked, and of one message where it is', async () => {
  const away = fake({ answers: { inbox: () => [entry()], whoami: () => ({ ...self, online: false }) } })
  expect(await away.run('inbox')).toBe(0)
  expect(away.err()).toBe('The server cannot be reached. This is what had come before.\n')
  const there = fake({ answers: { inbox: () => [entry()], whoami: () => self } })
  await there.run('inbox')
  expect(there.err()).toBe('')
  await there.run('inbox', ID)
  expect(there.out()).toMatch(/^state +ready to fetch$/m)
})

test('[X14] people see the state in words', async () => {
  const states = [
    entry({ id: 'a'.repeat(22), state: 'fetching', media: [{ ...media(), verifiedBytes: 380_000 }] }),
    entry({ id: 'b'.repeat(22), state: 'scheduled', waitsFor: "Alice's laptop is asleep." }),
    entry({ id: 'c'.repeat(22), state: 'ready' }),
  ]
  const it = fake({ answers: { inbox: () => states, whoami: () => self } })
  await it.run('inbox')
  for (const shown of ['fetching, 38 %', "Alice's laptop is asleep.", 'you have it']) expect(it.out()).toContain(shown)
  expect(it.around.now()).toBe(NOW)
})

test('[GON9] an inbox that was not brought up to date says why in the words of its device', async () => {
  const message = 'This device was revoked. Link it anew.'
  const refused = { code: 'login-refused' as const, message }
  const it = fake({ answers: { inbox: () => [], whoami: () => ({ ...self, online: false, refused }) } })
  expect(await it.run('inbox')).toBe(0)
  expect(it.err()).toContain(`${message} This is what had come before.`)
})
