import { expect, test, vi } from 'vitest'
import { createSaying } from './saying.ts'

test('[SCR80] lines that are written while one is on its way go after it, in their order', async () => {
  const going: { text: string; done: (sent: boolean) => void }[] = []
  const back = vi.fn<(texts: readonly string[]) => void>()
  const kept: string[] = []
  const keep = (texts: readonly string[]) => void kept.push(texts.join(' '))
  const say = createSaying((text) => new Promise((done) => void going.push({ text, done })), back, keep)
  for (const text of ['one', 'two', 'three']) say(text)
  expect(going.map(({ text }) => text)).toEqual(['one'])
  expect(kept).toEqual(['two', 'two three'])
  going[0]?.done(true)
  await vi.waitFor(() => expect(going).toHaveLength(2))
  going[1]?.done(true)
  await vi.waitFor(() => expect(going.map(({ text }) => text)).toEqual(['one', 'two', 'three']))
  expect(kept.slice(2)).toEqual(['two three', 'three'])
  expect(back).not.toHaveBeenCalled()
})

test('[SCR80] a line that could not be sent comes back with all behind it, and what is written then goes', async () => {
  const sent: string[] = []
  const back = vi.fn<(texts: readonly string[]) => void>()
  const say = createSaying(
    async (text) => text !== 'two' && sent.push(text) > 0,
    back,
    () => {},
  )
  for (const text of ['one', 'two', 'three']) say(text)
  await vi.waitFor(() => expect(back).toHaveBeenCalledWith(['two', 'three']))
  say('four')
  await vi.waitFor(() => expect(sent).toEqual(['one', 'four']))
})
