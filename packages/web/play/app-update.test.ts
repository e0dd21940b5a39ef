import { expect, test } from 'vitest'
import { type AppUpdateOptions, createAppUpdate, type Registration } from './app-update.ts'
import { TAKE_OVER } from './media-messages.ts'

function controlled(): { controller: object | null } {
  return { controller: {} }
}

/** A page with a service worker; what it is loaded with again is another one with the same `memory`. */
function page(memory = new Map<string, string>()) {
  const container = Object.assign(new EventTarget(), controlled())
  const registration = Object.assign(new EventTarget(), { waiting: null, installing: null }) as EventTarget & {
    -readonly [Key in keyof Registration]: Registration[Key]
  }
  const said: unknown[] = []
  const later: (() => void)[] = []
  let reloads = 0
  const options: AppUpdateOptions = {
    container,
    memory: {
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => void memory.set(key, value),
      removeItem: (key) => void memory.delete(key),
    },
    reload: () => void reloads++,
    after: (_ms, run) => void later.push(run),
  }
  return {
    container,
    registration,
    memory,
    said,
    later,
    update: createAppUpdate(options),
    reloads: () => reloads,
    arrives() {
      const arrived = new EventTarget()
      registration.installing = arrived
      registration.dispatchEvent(new Event('updatefound'))
      registration.waiting = { postMessage: (message) => void said.push(message) }
      arrived.dispatchEvent(new Event('statechange'))
    },
    changesWorker() {
      registration.waiting = null
      container.controller = {}
      container.dispatchEvent(new Event('controllerchange'))
    },
  }
}

test('[RGH11] a newer version is taken when it is asked for, also while the old one still gives a film out', () => {
  const first = page()
  let changes = 0
  first.update.onChange(() => changes++)
  first.update.watch(first.registration)
  expect([first.update.isHere(), first.reloads()]).toEqual([false, 0])
  first.arrives()
  expect([first.update.isHere(), changes]).toEqual([true, 2])
  first.update.takeOver()
  expect([first.said, first.reloads()]).toEqual([[TAKE_OVER], 0])
  // The old one is busy: the page goes, and with it what it plays.
  first.later[0]?.()
  expect(first.reloads()).toBe(1)
  const second = page(first.memory)
  second.registration.waiting = { postMessage: (message) => void second.said.push(message) }
  second.update.watch(second.registration)
  expect(second.said).toEqual([TAKE_OVER])
  second.changesWorker()
  expect([second.reloads(), second.memory.size]).toEqual([1, 0])
})

test('[RGH11] a page that was loaded for it is not loaded again an hour later, when another tab goes over', () => {
  const late = page(new Map([['doorpost-updating', 'yes']]))
  late.update.watch(late.registration)
  late.later[0]?.()
  late.changesWorker()
  expect([late.reloads(), late.update.isHere()]).toEqual([0, true])
})

test('[RGH12] a page that another tab left behind goes on, says so, and is loaded anew when its user wants it', () => {
  const left = page()
  left.update.watch(left.registration)
  left.arrives()
  left.changesWorker()
  expect([left.reloads(), left.update.isHere()]).toEqual([0, true])
  left.update.takeOver()
  expect(left.reloads()).toBe(1)
  // The very first worker of a page is no newer one.
  const fresh = page()
  fresh.container.controller = null
  fresh.update.watch(fresh.registration)
  fresh.changesWorker()
  expect(fresh.update.isHere()).toBe(false)
})
