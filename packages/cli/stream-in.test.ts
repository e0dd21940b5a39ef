import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openStreamIn } from './stream-in.ts'

test('[LVP84] what is piped in goes to the device that connects, as it takes it, with its end', async () => {
  const input = new PassThrough({ highWaterMark: 1024 })
  const opened = await openStreamIn(input)
  input.end(Buffer.alloc(1_000_000, 7))
  const taken = await buffer(connect(opened.socket))
  expect(taken.equals(Buffer.alloc(1_000_000, 7))).toBe(true)
  await opened[Symbol.asyncDispose]()
  if (process.platform !== 'win32') expect(existsSync(opened.socket)).toBe(false)
})

test('[LVP84] a device that is through lets go of the input, whatever would still come', async () => {
  const input = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(64 * 1024)
    })(),
  )
  await using opened = await openStreamIn(input)
  const socket = connect(opened.socket)
  await once(socket, 'data')
  const gone = new Promise((resolve) => input.once('close', () => resolve('gone')))
  socket.destroy()
  expect(await gone).toBe('gone')
})
