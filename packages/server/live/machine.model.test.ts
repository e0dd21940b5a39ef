// Every order of events for up to four viewers: the whole graph of states is walked, and what must hold is asked of each state and step.

import { expect, test } from 'vitest'
import { IDLE, type LiveEffect, type LiveEvent, type LiveState, next, sinksOf } from './machine.ts'

const WATCHES = ['a', 'b', 'c', 'd']

interface Step {
  readonly from: LiveState
  readonly event: LiveEvent
  readonly to: LiveState
  readonly effects: readonly LiveEffect[]
}

function eventsAt(state: LiveState): LiveEvent[] {
  const events: LiveEvent[] = [
    { kind: 'woken', turn: state.turn },
    { kind: 'woken', turn: state.turn - 1 },
  ]
  for (const watch of WATCHES) {
    events.push({ kind: 'ask', watch }, { kind: 'leave', watch }, { kind: 'up', watch })
    for (const relay of [true, false]) events.push({ kind: 'admit', watch, relay }, { kind: 'down', watch, relay })
  }
  return events
}

/** Without the number, which only grows. */
function nameOf({ turn: _, ...rest }: LiveState): string {
  return JSON.stringify(rest)
}

function allSteps(): { states: LiveState[]; steps: Step[] } {
  const seen = new Map<string, LiveState>([[nameOf(IDLE), IDLE]])
  const steps: Step[] = []
  // A Map is walked in order of insertion, what is added meanwhile included.
  for (const from of seen.values()) {
    for (const event of eventsAt(from)) {
      const [to, effects] = next(from, event)
      steps.push({ from, event, to, effects })
      if (!seen.has(nameOf(to))) seen.set(nameOf(to), to)
    }
  }
  return { states: [...seen.values()], steps }
}

/** What comes of a state when nothing happens but time. */
function settled(state: LiveState): LiveState {
  for (let rounds = 0; rounds < 10; rounds++) {
    const [after] = next(state, { kind: 'woken', turn: state.turn })
    if (nameOf(after) === nameOf(state)) return state
    state = after
  }
  throw new Error(`never settles: ${nameOf(state)}`)
}

const { states, steps } = allSteps()
const admittedOf = (state: LiveState) => state.viewers.filter(({ admitted }) => admitted)

test('[LVS10] never two sinks after settling, never none while a viewer is admitted, and the sinks are those that exist', () => {
  expect(states.length).toBeGreaterThan(500)
  for (const state of states) {
    const admitted = admittedOf(state)
    for (const one of [state, settled(state)]) {
      const { pictures, watch } = sinksOf(one)
      expect(pictures === 'none', nameOf(one)).toBe(admitted.length === 0)
      if (watch !== undefined) expect(admitted.find((viewer) => viewer.watch === watch)?.up, nameOf(one)).toBe(true)
    }
    expect(sinksOf(settled(state)).pictures, nameOf(state)).not.toBe('both')
  }
})

test('[LVS11] one viewer whose connection is open gets back to it by itself, whoever it is; of several all are on the server', () => {
  let single = 0
  for (const state of states) {
    const admitted = admittedOf(state)
    const { pictures, watch } = sinksOf(settled(state))
    if (admitted.length === 1 && admitted[0]?.up) {
      expect({ pictures, watch }, nameOf(state)).toEqual({ pictures: 'peer', watch: admitted[0].watch })
      single++
    } else if (admitted.length > 0) expect(pictures, nameOf(state)).toBe('server')
    // One is kept warm where one can be.
    if (admitted.length > 1 && admitted.some(({ up }) => up)) expect(watch, nameOf(state)).toBeDefined()
  }
  expect(single).toBeGreaterThan(100)
})

test('[LVS12] make before break: one way is left for the other only over both, unless the one is gone', () => {
  const broken = steps.filter(({ from, event, to }) => {
    const [before, after] = [sinksOf(from), sinksOf(to)]
    if (before.pictures === 'server') return after.pictures === 'peer'
    if (before.pictures === 'both') return after.pictures === 'peer' && event.kind !== 'woken'
    const one = to.viewers.find(({ watch }) => watch === before.watch)
    return before.pictures === 'peer' && after.pictures === 'server' && one?.admitted === true && one.up
  })
  expect(broken.slice(0, 3)).toEqual([])
})

test('[LVS13] each change of the sinks is told, with a number that grows; an old wake changes nothing', () => {
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  // Asked once of all: each of so many expectations costs what a step does.
  const broken = steps.filter(({ from, event, to, effects }) => {
    const told = effects.find((effect) => effect.kind === 'sinks')
    const [{ turn: turnBefore, ...before }, { turn, ...after }] = [sinksOf(from), sinksOf(to)]
    const isTold = same(before, after) ? told === undefined : same(told?.sinks, sinksOf(to)) && turn > turnBefore
    return !isTold || (event.kind === 'woken' && event.turn !== from.turn && !same(to, from))
  })
  expect(steps.length).toBeGreaterThan(1_000)
  expect(broken.slice(0, 3)).toEqual([])
})

test('[LVS14] whoever is not admitted is never sent anything, and without room nobody is put on the server', () => {
  for (const { from, event, to } of steps) {
    const label = `${nameOf(from)} ${JSON.stringify(event)}`
    if (event.kind === 'ask' || event.kind === 'up') expect(admittedOf(to).length, label).toBe(admittedOf(from).length)
    if (event.kind === 'admit' && !event.relay && admittedOf(to).length > admittedOf(from).length) {
      expect(sinksOf(to), label).toMatchObject({ pictures: 'peer', watch: event.watch })
    }
    if (event.kind === 'down' && !event.relay && from.at === 'direct' && from.watch === event.watch) {
      expect(sinksOf(to).pictures, label).toBe('none')
    }
  }
})

test('[LVS11] after several, or a lost connection, it rests before it moves; the first viewer moves at once', () => {
  const run = (...events: LiveEvent[]) => {
    let state: LiveState = IDLE
    let effects: LiveEffect[] = []
    for (const event of events) [state, effects] = next(state, event)
    return { state, effects }
  }
  const ask = (watch: string): LiveEvent => ({ kind: 'ask', watch })
  const admit = (watch: string): LiveEvent => ({ kind: 'admit', watch, relay: true })
  const up = (watch: string): LiveEvent => ({ kind: 'up', watch })
  const first = run(ask('a'), admit('a'), up('a'))
  expect(first.effects.map((effect) => effect.kind === 'wake' && effect.after)).toContain('overlap')
  const second = run(ask('a'), admit('a'), ask('b'), admit('b'), up('b'), { kind: 'leave', watch: 'a' })
  expect(second.state.at).toBe('relayed')
  expect(second.effects).toEqual([{ kind: 'wake', after: 'rest', turn: second.state.turn }])
  // What comes while it rests and changes nothing does not make it rest longer; another viewer ends the rest.
  const [asked] = next(second.state, ask('c'))
  expect(asked.turn).toBe(second.state.turn)
  const [admitted, effects] = next(asked, admit('c'))
  expect([admitted.at, effects.length]).toEqual(['relayed', 0])
  expect(next(admitted, { kind: 'woken', turn: asked.turn })[0].at).toBe('relayed')
})
