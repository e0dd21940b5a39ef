import { refusals } from '@doorpost/protocol/errors'
import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import { expect, test } from 'vitest'
import {
  inboxSentence,
  isTroubleCode,
  recipientSentence,
  sentTombstoneSentence,
  tombstoneSentence,
  troubleCodes,
  troubleSentence,
} from './en.ts'

test('[X11] every refusal of a server has a sentence', () => {
  expect(Object.keys(refusals).filter((code) => !isTroubleCode(code))).toEqual([])
})

test.each(troubleCodes)('[X11] %s is told in a sentence: no code, no blame, no exclamation mark', (code) => {
  const { says, todo } = troubleSentence({ code })
  for (const sentence of todo === undefined ? [says] : [says, todo]) {
    expect(sentence).toMatch(/^[A-Z].+/)
    expect(sentence).not.toMatch(/!|you failed|your fault|invalid|illegal|_/i)
    expect(code.includes('-') && sentence.includes(code)).toBe(false)
  }
  expect(says).toMatch(/\.$/)
})

test('[X89] a clock that is ahead is what is told', () => {
  const told = troubleSentence({ code: 'malformed', detail: `The envelope is wrong: ${CLOCK_AHEAD}.` })
  expect(told.says).toMatch(/clock is ahead/)
  expect(told.todo).toMatch(/^Set the clock/)
  expect(troubleSentence({ code: 'malformed', detail: 'from: no address.' }).says).not.toMatch(/clock/)
})

test('[X11] what is known more exactly takes the place of the general sentence, and a server adds to it', () => {
  expect(troubleSentence({ code: 'no-such-file', detail: 'There is no film.mp4 here.' })).toEqual({
    says: 'There is no film.mp4 here.',
    todo: 'Check how its name is written.',
  })
  expect(troubleSentence({ code: 'other-domain', detail: 'Other Domain' }).says).toBe(
    'This server brings no mail to other servers yet.',
  )
  expect(troubleSentence({ code: 'too-large', detail: 'These are more than 2000 files.' }).says).toBe(
    'These are more than 2000 files.',
  )
  expect(troubleSentence({ code: 'no-such-user', detail: 'Nobody is called bbo.' }).says).toBe('Nobody is called bbo.')
  expect(troubleSentence({ code: 'too-many', detail: 'Six a minute are allowed.', todo: 'Wait 10 s.' })).toEqual({
    says: 'That was asked too often in a short time. Six a minute are allowed.',
    todo: 'Wait 10 s.',
  })
})

test('[X11] states are told by words that a sender and a recipient can act on', () => {
  const facts = { from: 'ann', hasMedia: true }
  expect(inboxSentence('scheduled', facts)).toBe("waiting for ann's device")
  expect(inboxSentence('announced', { ...facts, percent: 0 })).toBe('ready to fetch')
  expect(inboxSentence('announced', { ...facts, percent: 64 })).toBe('paused at 64 %')
  expect(inboxSentence('changed', facts)).toBe("ann's file changed: ask for it to be sent again")
  expect(inboxSentence('fetching', { ...facts, percent: 38 })).toBe('fetching, 38 %')
  expect(inboxSentence('expired', { ...facts, expired: '3 May' })).toBe('gone since 3 May')
  expect(recipientSentence('fetched', { at: '14:02', receipt: 'verified' })).toBe('has it since 14:02')
  expect(recipientSentence('fetched', { at: '14:02', receipt: 'none' })).not.toContain('has it')
})

test('[RET7] why something is gone, and that it ends soon, is told in words to both sides', () => {
  const facts = { from: 'ann', hasMedia: true }
  expect(inboxSentence('gone', { ...facts, goneAt: '14:02' })).toBe('ann took it back, 14:02')
  expect(inboxSentence('announced', { ...facts, ends: '10 May' })).toBe(
    'ready to fetch; it can be fetched until 10 May',
  )
  expect(recipientSentence('refused', { at: '14:02', receipt: 'none' })).toBe('declined it, 14:02')
  for (const reason of ['expired', 'withdrawn', 'deleted', 'refused'] as const) {
    for (const sentence of [tombstoneSentence(reason, '3 May', 'ann'), sentTombstoneSentence(reason, '3 May')]) {
      expect(sentence).toMatch(/^[A-Za-z].*3 May.*\.$/)
      expect(sentence).not.toMatch(/!|_/)
    }
  }
})
