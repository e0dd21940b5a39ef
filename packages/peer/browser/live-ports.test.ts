// A port between a page and a device of the test: what is said at one end is done at the other.

import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { Refusal } from '@doorpost/protocol/errors'
import type { FrameSource } from '../live/source.ts'
import type { FromShowing, LiveTask } from './live-contract.ts'
import { serveLive } from './live-ports.ts'

const picture = { codec: 'avc1.42E01F', width: 64, height: 48, framesPerSecond: 30, layers: 3 }
const vp8 = { ...picture, codec: 'vp8', layers: 1 }
const format = { picture, bytesPerSecond: { pictures: 1, stills: 0, audio: 0 } }

type Device = ReturnType<Parameters<typeof serveLive>[2]>

/** Everything the page heard until it was over. */
async function heard(task: LiveTask, device: Partial<Device>): Promise<unknown[]> {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port2.close())
  const all: unknown[] = []
  port2.onmessage = ({ data }) => all.push(data)
  const closed = once(port2, 'close')
  await serveLive(port1, task, () => device as Device)
  await closed
  return all
}

test('[LVW31] the page is told to change to another of the codecs that it makes, and the device knows which those are', async () => {
  let offered: FrameSource['pictures']
  const show: Device['show'] = async ({ source }) => {
    offered = source.pictures
    source.use?.(vp8)
    return { broadcast: 'B', frames: 0, skipped: 0, reason: 'stopped' }
  }
  const told = await heard({ do: 'show', format, pictures: [picture, vp8], to: [] }, { show })
  expect(offered).toEqual([picture, vp8])
  expect(told).toEqual([
    { kind: 'use', picture: vp8 },
    { kind: 'over', reason: 'stopped' },
  ] satisfies FromShowing[])
  // A page that makes one alone is asked for no other.
  await heard({ do: 'show', format, to: [] }, { show })
  expect(offered).toBeUndefined()
})

test('[LVW31] what the page decodes is what its device asks for', async () => {
  let asked: unknown
  const watch: Device['watch'] = async (args) => {
    asked = args
    return { ...args, state: 'over', reason: 'ended' } as never
  }
  const told = await heard({ do: 'watch', user: 'tom', pictures: 'moving', decodes: ['vp8'] }, { watch })
  expect(asked).toEqual({ user: 'tom', pictures: 'moving', decodes: ['vp8'] })
  expect(told).toEqual([{ kind: 'over', reason: 'ended' }])
})

test('[EYE2] the page hears by which code the server refused, and not that something went wrong here', async () => {
  const watch: Device['watch'] = async () => {
    throw new Refusal('not-found', { detail: 'Nothing is shown there now.' })
  }
  const told = await heard({ do: 'watch', user: 'tom', pictures: 'moving', decodes: [] }, { watch })
  expect(told).toMatchObject([{ kind: 'trouble', trouble: { code: 'not-found' } }])
})
