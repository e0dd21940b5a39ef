import { expect, test } from 'vitest'
import type { UserAddress } from '@doorpost/protocol/address'
import { fakeClock } from '../fake-clock.ts'
import { createTyping, TYPING_EVERY_MS } from './typing.ts'

const BOB = 'bob@example.org' as UserAddress
const at = (seconds: number) => new Date(Date.parse('2026-11-21T12:00:00.000Z') + seconds * 1000).toISOString()

test('[TLK4] nobody is shown as writing for longer than ten seconds after they last said so', async () => {
  const clock = fakeClock()
  const changes: string[] = []
  const typing = createTyping(clock, (conversation) => changes.push(conversation))
  typing.heard('one', BOB, at(0))
  await clock.pass(9_000)
  typing.heard('one', BOB, at(9))
  await clock.pass(9_999)
  expect(typing.in('one')).toEqual([BOB])
  await clock.pass(1)
  expect(typing.in('one')).toEqual([])
  expect(changes).toEqual(['one', 'one'])
})

test('[TLK4] what was said before a message that is here does not show its author as writing', () => {
  const typing = createTyping(fakeClock(), () => {})
  typing.cleared('one', BOB, at(5))
  typing.heard('one', BOB, at(4))
  expect(typing.in('one')).toEqual([])
  typing.heard('one', BOB, at(6))
  expect(typing.in('one')).toEqual([BOB])
})

test('[TLK4] others are told every five seconds at most, in each conversation, and at once after a message', async () => {
  const clock = fakeClock()
  const typing = createTyping(clock, () => {})
  expect([typing.due('one'), typing.due('one'), typing.due('two')]).toEqual([true, false, true])
  await clock.pass(TYPING_EVERY_MS - 1)
  expect(typing.due('one')).toBe(false)
  await clock.pass(1)
  expect(typing.due('one')).toBe(true)
  typing.ended('one')
  expect(typing.due('one')).toBe(true)
})

test('[TLK4] as many as a thousand are shown as writing, and no more are remembered', () => {
  const typing = createTyping(fakeClock(), () => {})
  for (let number = 0; number < 1_001; number++) typing.heard(`conversation ${number}`, BOB, at(0))
  expect(typing.in('conversation 999')).toEqual([BOB])
  expect(typing.in('conversation 1000')).toEqual([])
})
