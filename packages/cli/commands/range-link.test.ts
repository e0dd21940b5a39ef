import { expect, test } from 'vitest'
import { ID, sent } from '../fake-messages.ts'
import { fake } from '../fake-surroundings.ts'

const root = 'R'.repeat(43)
const url = `http://127.0.0.1:8026/token/${root}`
const answers = {
  sent: () => [sent()],
  'ranges.link': () => ({
    to: 'bob@localhost:8025/laptop',
    expires: '2026-05-03T15:02:00.000Z',
    links: [{ root, sizeBytes: 5, url, metalink: `${url}.meta4` }],
  }),
  decrypt: () => ({ name: 'film.mp4', file: '/work/films/film.mp4', sizeBytes: 5, root }),
}

test('[RNG1] range-link answers the links alone, and says for whom and how long', async () => {
  const it = fake({ answers })
  expect(await it.run('range-link', 'latest', '--to', 'bob', '--for', '12h', '--also', 'https://example.org/x')).toBe(0)
  expect(it.asked.at(-1)?.args).toEqual({
    id: ID,
    to: 'bob',
    lifetimeMs: 12 * 3600_000,
    also: ['https://example.org/x'],
  })
  expect(it.out()).toBe(`${url}.meta4\n`)
  expect(it.err()).toContain('bob@localhost:8025/laptop')
  for (const words of [
    ['range-link', 'latest'],
    ['range-link', 'latest', '--to', 'bob', '--also', 'file:///etc/passwd'],
    ['range-link', 'latest', '--to', 'bob', '--for', '8d'],
    ['agent', '--range-door-host', '0.0.0.0'],
  ]) {
    expect(await it.run(...words)).toBe(64)
  }
})

test('[RNG5] decrypt takes paths as they are written and answers where the file is', async () => {
  const it = fake({ answers })
  expect(await it.run('decrypt', 'cipher', '--message', ID, '--out', 'made')).toBe(0)
  expect(it.asked.at(-1)?.args).toEqual({ file: '/work/films/cipher', id: ID, folder: '/work/films/made' })
  expect(it.out()).toBe('/work/films/film.mp4\n')
})
