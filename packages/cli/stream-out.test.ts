import { connect } from 'node:net'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openStreamOut } from './stream-out.ts'

test('[F25] what comes by the socket goes to standard output as it is read, and the sender hears when all of it is there', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const out = new PassThrough({ highWaterMark: 1024 })
  const taken = buffer(out)
  const opened = await openStreamOut(out)
  const socket = connect(opened.socket)
  await once(socket, 'connect')
  socket.end(Buffer.alloc(1_000_000, 7))
  socket.resume()
  await once(socket, 'close')
  out.end()
  expect((await taken).equals(Buffer.alloc(1_000_000, 7))).toBe(true)
  await opened[Symbol.asyncDispose]()
  // Nothing piles up on the way, such as listeners: one chunk is as the thousandth.
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
  if (process.platform !== 'win32') expect(existsSync(opened.socket)).toBe(false)
})

test('[F25] a reader that closes standard output ends the socket', async () => {
  const out = new PassThrough({ highWaterMark: 1024 })
  out.on('error', () => {})
  await using opened = await openStreamOut(out)
  const socket = connect(opened.socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(Buffer.alloc(1_000_000))
  socket.resume()
  const gone = new Promise((resolve) => socket.once('close', () => resolve('gone')))
  out.destroy()
  expect(await gone).toBe('gone')
})
