// The page's end of a device, with a worker that says what the test says.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Trouble } from '../operations.ts'
import { connectDevice } from './connect.ts'
import type { FromDevice, ToDevice } from './page-messages.ts'

const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
const page = new EventTarget()

beforeEach(() => {
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
})
afterEach(() => vi.unstubAllGlobals())

function connected() {
  const heard: ToDevice[] = []
  const worker = {
    onmessage: (_event: { data: FromDevice }) => {},
    onerror: () => {},
    terminate: vi.fn<() => void>(),
    postMessage: (message: ToDevice) => void heard.push(message),
  }
  const device = connectDevice({ startWorker: () => worker as unknown as Worker })
  return { heard, worker, device, say: (data: FromDevice) => worker.onmessage({ data }) }
}

test('[BRO9] operations are asked, told of progress, answered and stopped by number', async () => {
  const { heard, say, device } = connected()
  const progress: unknown[] = []
  const stop = new AbortController()
  const answer = device.do(
    'get',
    { what: 'abc', folder: '/kept' },
    { onProgress: (one) => progress.push(one), signal: stop.signal },
  )
  expect(heard).toEqual([
    { kind: 'begin' },
    { kind: 'do', ask: 1, name: 'get', args: { what: 'abc', folder: '/kept' } },
  ])
  say({ kind: 'progress', ask: 1, progress: { kind: 'waiting', name: 'film', reason: 'It waits.' } })
  stop.abort()
  expect(heard.at(-1)).toEqual({ kind: 'stop', ask: 1 })
  say({ kind: 'trouble', ask: 1, trouble: { code: 'cancelled', detail: 'Stopped.', todo: 'Go on.' } })
  const trouble = await answer.catch((error: unknown) => error)
  expect(trouble).toBeInstanceOf(Trouble)
  expect(trouble).toMatchObject({ code: 'cancelled', message: 'Stopped.', todo: 'Go on.' })
  expect(progress).toEqual([{ kind: 'waiting', name: 'film', reason: 'It waits.' }])
  const words = device.recoveryWords()
  say({ kind: 'answer', ask: 2, value: ['one', 'two'] })
  expect(await words).toEqual(['one', 'two'])
})

test('[BRO9] a worker that ends closes the device, and nobody waits for it', async () => {
  const { worker, device } = connected()
  const states: string[] = []
  device.onState(({ state }) => states.push(state))
  const answer = device.do('sent', {})
  worker.onerror()
  await expect(answer).rejects.toThrow('ended')
  expect([device.state.state, states]).toEqual(['closed', ['closed']])
})

test('[RGH2] what is asked of a device that ended is refused at once, and nothing of it goes on', async () => {
  const { worker, device, heard } = connected()
  worker.onerror()
  worker.onerror()
  await expect(device.do('sent', {})).rejects.toMatchObject({ code: 'fault', todo: 'Load the page again.' })
  await expect(device.storage()).rejects.toThrow('ended')
  expect(heard).toEqual([{ kind: 'begin' }])
  expect(worker.terminate).toHaveBeenCalledOnce()
  expect(device.state).toMatchObject({ state: 'closed', why: 'ended' })
})

test('[BRO18] the device is told when the network is back and when the page is seen again, not when it is hidden', () => {
  const { heard } = connected()
  const wakes = () => heard.filter(({ kind }) => kind === 'wake').length
  page.dispatchEvent(new Event('online'))
  expect(wakes()).toBe(1)
  document.visibilityState = 'hidden'
  document.dispatchEvent(new Event('visibilitychange'))
  expect(wakes()).toBe(1)
  document.visibilityState = 'visible'
  document.dispatchEvent(new Event('visibilitychange'))
  expect(wakes()).toBe(2)
})
