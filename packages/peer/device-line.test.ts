import { expect, test } from 'vitest'
import { createDeviceLine } from './device-line.ts'
import type { DeviceEvent } from './device-event.ts'
import { fakeClock } from './fake-clock.ts'
import type { LineState, LineTrouble } from './session/line.ts'
import { listeners } from './session/listeners.ts'

test('[GON9] why a line is not there is in what is told of it: that the account was closed, and what was found out of a certificate', () => {
  const states = listeners<LineState>()
  const line = {
    state: 'offline' as const,
    trouble: undefined as LineTrouble | undefined,
    onState: states.add,
    onPush: () => () => {},
  }
  const events: DeviceEvent[] = []
  const options = {
    clock: fakeClock(),
    line,
    closing: new AbortController().signal,
    onEvent: (one: DeviceEvent) => events.push(one),
  }
  createDeviceLine(options as unknown as Parameters<typeof createDeviceLine>[0]).follow()
  const told = (trouble: LineTrouble) => {
    line.trouble = trouble
    states.tell('offline')
    return events.at(-1)?.['why']
  }
  expect(told({ code: 'not-allowed', detail: 'Closed.' })).toBe('Closed.')
  expect(told({ code: 'server-unreachable', detail: 'Run out.', why: 'Run out.' })).toBe('Run out.')
  expect(told({ code: 'server-unreachable', detail: 'The connection failed.' })).toBeUndefined()
})
