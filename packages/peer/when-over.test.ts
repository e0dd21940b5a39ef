import { expect, test } from 'vitest'
import { devicePeer } from './device-peer.ts'
import type { OperationTable } from './operate.ts'
import { Trouble } from './operations.ts'
import type { Target } from './paths/openers.ts'
import type { Caller, MediaRef, Path } from './paths/path.ts'
import type { ServedMedia } from './send/serve.ts'
import { foundUntil, openersUntil, pausedBy } from './when-over.ts'

const why = new Trouble('login-refused', 'This device was revoked.')

test('[GON2] once a device is over for good it gives nothing out and opens no path', async () => {
  const over = new AbortController()
  const media = {} as ServedMedia
  const find = foundUntil(over.signal, async () => media)
  const asked = [{} as Caller, {} as MediaRef] as const
  let opened = 0
  const [opener] = openersUntil(over.signal, [
    { kind: 'tunnel', open: async () => ({ opened: ++opened }) as unknown as Path },
  ])
  const open = async () => await opener?.open({} as Target, new AbortController().signal)
  expect([await find(...asked), await open()]).toEqual([media, { opened: 1 }])
  over.abort(why)
  expect(await find(...asked)).toBeUndefined()
  await expect(open()).rejects.toBe(why)
  expect(opened).toBe(1)
})

test('[GON2] what it fetches is paused then, also where it knows from the start', () => {
  let paused = 0
  const fetches = { pause: () => void paused++ }
  const over = new AbortController()
  pausedBy(over.signal, fetches)
  expect(paused).toBe(0)
  over.abort(why)
  pausedBy(over.signal, fetches)
  pausedBy(undefined, fetches)
  expect(paused).toBe(2)
})

test('[GON2] what is for others ends with the reason, before it began and in the middle; what is here can be read', async () => {
  const over = new AbortController()
  const begun: string[] = []
  const operations = {
    async send(_draft: unknown, { signal }: { signal: AbortSignal }) {
      begun.push('send')
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
    inbox: async () => [],
  } as unknown as OperationTable
  const shutOut = { signal: over.signal }
  const peer = devicePeer({ operations, closing: new AbortController().signal, shutOut, onEvent() {} })
  const draft = { to: ['bob'], text: 'hello', files: [] }
  const sending = peer.do('send', draft)
  sending.catch(() => {})
  over.abort(why)
  await expect(sending).rejects.toBe(why)
  await expect(peer.do('send', draft)).rejects.toBe(why)
  expect([begun, await peer.do('inbox', {})]).toEqual([['send'], []])
})
