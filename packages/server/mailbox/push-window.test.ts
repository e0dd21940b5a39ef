import { PUSH_AGAIN_MS } from '@doorpost/protocol/limits'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import { expect, test } from 'vitest'
import { keyOf, sampleMail } from '../storage/sample-mail.ts'
import type { WaitingMail } from '../storage/storage.ts'
import { OUT_CHARACTERS_MAX, OUT_MAX, openPushWindow, PUSH_SWEEP_MS, type PushWindow } from './push-window.ts'

const START_MS = 1_000_000

/** A mailbox of numbered messages, and a window over it. */
function waitingMail(numbers: readonly number[], bodyCharacters = 10): WaitingMail[] {
  return numbers.map((position) => {
    const { envelope } = sampleMail({ number: position })
    const { heads: _, sealed, ...head } = envelope
    const body = 'x'.repeat(bodyCharacters)
    return { position, envelope: { ...head, acceptedAt: head.date, sealed: { key: sealed.keys[0]?.key ?? '', body } } }
  })
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)
const keyNumbered = (number: number): MailKey => keyOf(sampleMail({ number }))

/** Reads as the window wants and pushes all of it; the positions that were pushed. */
function pushAll(window: PushWindow, mailbox: readonly WaitingMail[], nowMs = START_MS): number[] {
  const pushed: number[] = []
  for (;;) {
    const wanted = window.wanted()
    if (!wanted) return pushed
    let characters = 0
    const found = mailbox
      .filter(({ position }) => position > wanted.after)
      .slice(0, wanted.limit)
      .filter(({ envelope: { sealed } }) => {
        const fits = characters < wanted.bytesMax
        characters += sealed.key.length + sealed.body.length
        return fits
      })
    for (const mail of window.take(wanted, found)) {
      window.pushed(mail, nowMs)
      pushed.push(mail.position)
    }
  }
}

test('[S12] what waits is pushed in order, a bounded number at a time, and goes on as it is confirmed', () => {
  const window = openPushWindow(START_MS)
  const mailbox = waitingMail(range(1, OUT_MAX + 3))
  expect(pushAll(window, mailbox)).toEqual(range(1, OUT_MAX))
  window.removed([keyNumbered(5)])
  expect(pushAll(window, mailbox)).toEqual([OUT_MAX + 1])
  window.removed(range(1, 9).map(keyNumbered))
  expect(pushAll(window, mailbox)).toEqual([OUT_MAX + 2, OUT_MAX + 3])
  expect(window.wanted()).toBeUndefined()
})

test('[S14] large mail fills the window by its size; one message always fits', () => {
  const window = openPushWindow(START_MS)
  const mailbox = waitingMail(range(1, 3), OUT_CHARACTERS_MAX)
  expect(pushAll(window, mailbox)).toEqual([1])
  window.removed([keyNumbered(1)])
  expect(pushAll(window, mailbox)).toEqual([2])
})

test('[S12] mail that comes while what waits is being read is read again', () => {
  const window = openPushWindow(START_MS)
  const wanted = window.wanted()
  if (!wanted) throw new Error('a new window wants to read')
  window.mayHaveMore()
  expect(window.take(wanted, [])).toEqual([])
  expect(pushAll(window, waitingMail([1]))).toEqual([1])
})

test('[S13] mail that was not confirmed is pushed again within the bound, and not before it is due', () => {
  const window = openPushWindow(START_MS)
  const mailbox = waitingMail([1, 2])
  expect(pushAll(window, mailbox.slice(0, 1))).toEqual([1])
  const halfwayMs = START_MS + PUSH_AGAIN_MS / 2
  window.mayHaveMore()
  expect(pushAll(window, mailbox, halfwayMs)).toEqual([2])
  const agains: [number, number[]][] = []
  for (let nowMs = START_MS; nowMs <= START_MS + 2 * PUSH_AGAIN_MS; nowMs += PUSH_SWEEP_MS) {
    window.sweep(nowMs)
    const pushed = pushAll(window, mailbox, nowMs)
    if (pushed.length > 0) agains.push([nowMs - START_MS, pushed])
  }
  const dueMs = PUSH_AGAIN_MS - PUSH_SWEEP_MS
  expect(agains).toEqual([
    [dueMs, [1]],
    [PUSH_AGAIN_MS / 2 + dueMs, [2]],
    [2 * dueMs, [1]],
  ])
})

test('[S13] confirmed mail is not pushed again', () => {
  const window = openPushWindow(START_MS)
  pushAll(window, waitingMail([1, 2]))
  window.removed([keyNumbered(1)])
  window.sweep(START_MS + PUSH_AGAIN_MS)
  expect(pushAll(window, waitingMail([2]))).toEqual([2])
})

test('[S15] mail that appears between what was pushed before is found by the next going over', () => {
  const window = openPushWindow(START_MS)
  pushAll(window, waitingMail([1, 3]))
  window.mayHaveMore()
  expect(pushAll(window, waitingMail([1, 2, 3]))).toEqual([])
  window.removed([keyNumbered(1), keyNumbered(3)])
  window.sweep(START_MS + PUSH_AGAIN_MS)
  expect(pushAll(window, waitingMail([2]), START_MS + PUSH_AGAIN_MS)).toEqual([2])
})

test.each([
  ['a REMOVE', (window: PushWindow) => window.removed([keyNumbered(1)])],
  ['the next sweep', (window: PushWindow) => window.sweep(START_MS + PUSH_SWEEP_MS)],
])('[S14] when no session takes more, pushing stops at that message and goes on at %s', (_, event) => {
  const window = openPushWindow(START_MS)
  const mailbox = waitingMail([1, 2, 3])
  const wanted = window.wanted()
  const [one, two] = window.take(wanted as NonNullable<typeof wanted>, mailbox)
  window.pushed(one as WaitingMail, START_MS)
  window.refused(two as WaitingMail)
  window.mayHaveMore()
  expect(window.wanted()).toBeUndefined()
  event(window)
  expect(pushAll(window, mailbox)).toEqual([2, 3])
})

test('[S12] a new session is shown everything that waits', () => {
  const window = openPushWindow(START_MS)
  const mailbox = waitingMail([1, 2])
  pushAll(window, mailbox)
  window.startOver()
  expect(pushAll(window, mailbox)).toEqual([1, 2])
})
