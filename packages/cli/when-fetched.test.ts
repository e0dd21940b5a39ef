import type { Draft } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { ID, media, sent } from './fake-messages.ts'
import { fake } from './fake-surroundings.ts'

const answers = {
  send: () => ({ id: ID, to: ['bob'], media: [media()], accepted: true }),
  'send.withdraw': () => ({ ...sent(), gone: { reason: 'withdrawn' as const, at: '2026-05-03T14:00:00.000Z' } }),
  sent: () => [sent()],
}
const drafts = (it: ReturnType<typeof fake>) =>
  it.asked.filter(({ name }) => name === 'send').map(({ args }) => args as Draft)

test('[RET1] send --when-fetched delete names the files and asks on a terminal; only yes goes on', async () => {
  for (const [answer, goes] of [
    ['yes', true],
    ['Yes ', true],
    ['y', false],
    ['', false],
  ] as const) {
    const it = fake({ answers, reply: answer })
    const code = await it.run('send', 'film.mp4', '--to', 'bob', '--when-fetched', 'delete')
    expect(it.err()).toContain('/work/films/film.mp4')
    expect(it.err()).toContain('deleted from this machine')
    expect([code === 0, drafts(it).length]).toEqual([goes, goes ? 1 : 0])
    if (goes) expect(drafts(it)[0]).toMatchObject({ whenFetched: { do: 'delete' }, confirmed: true })
  }
})

test('[RET1] without a terminal --yes is needed; a copy needs none', async () => {
  const it = fake({ answers })
  expect(await it.run('send', 'film.mp4', '--to', 'bob', '--when-fetched', 'archive=done')).toBe(64)
  expect(it.err()).toContain('--yes')
  expect(it.asked).toEqual([])
  expect(await it.run('send', 'film.mp4', '--to', 'bob', '--when-fetched', 'archive=done', '--yes')).toBe(0)
  expect(drafts(it)[0]).toMatchObject({ whenFetched: { do: 'archive', folder: '/work/films/done' }, confirmed: true })
  expect(await it.run('send', 'film.mp4', '--to', 'bob', '--when-fetched', 'delete', '--copy')).toBe(0)
  expect(drafts(it)[1]).toMatchObject({ whenFetched: { do: 'delete' }, copy: true })
  expect(drafts(it)[1]).not.toHaveProperty('confirmed')
  expect(await it.run('send', 'film.mp4', '--to', 'bob', '--when-fetched', 'burn')).toBe(64)
})

test('[RET7] withdraw takes a message back and says what that means', async () => {
  const it = fake({ answers })
  expect(await it.run('withdraw', 'latest')).toBe(0)
  expect(it.asked.at(-1)).toEqual({ name: 'send.withdraw', args: { id: sent().id } })
  expect(it.err()).toContain('nobody can fetch it any more')
})
