import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import { expect, test } from 'vitest'
import { Trouble } from '../operations.ts'
import { createPageAnswers } from './page-answers.ts'
import type { FromDevice } from './page-messages.ts'

async function toldOf(error: Trouble) {
  const said: FromDevice[] = []
  const { answer } = createPageAnswers({ postMessage: (message) => void said.push(message) })
  await answer(1, () => Promise.reject(error))
  const [told] = said
  return told?.kind === 'trouble' ? told.trouble : undefined
}

test('[RGH13] a page is told sentences: of a clock that is ahead what to do, of a server its catalogue, all else as it is', async () => {
  expect(await toldOf(new Trouble('malformed', `${CLOCK_AHEAD}.`))).toEqual({
    code: 'malformed',
    detail: expect.stringMatching(/^This machine's clock is ahead/) as string,
    todo: 'Set the clock, then send it again.',
  })
  const odd = await toldOf(new Trouble('malformed', 'to: the same recipient twice'))
  expect(odd?.detail).not.toContain('to:')
  expect(odd?.detail).toMatch(/^[A-Z].*\.$/)
  const full = new Trouble('disk-full', 'This browser has no room.', { todo: 'Clear something.' })
  expect(await toldOf(full)).toEqual({
    code: 'disk-full',
    detail: 'This browser has no room.',
    todo: 'Clear something.',
  })
})
