// What fills a file is done when all of it is in its place, and says so where it is not.

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { settle } from '../fake-clock.ts'
import { openLiveSink } from '../node/live-sinks.ts'
import { Trouble } from '../operations.ts'
import { filling } from './filling.ts'
import type { LiveSink } from './media.ts'

const full = new Trouble('cannot-write', 'The disk is full.')

/** A sink that takes its time to close. */
function slowSink() {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const closed = Promise.withResolvers<void>()
  const sink: LiveSink = {
    decodes: [],
    hears: false,
    failed: failed.promise,
    onFormat() {},
    take: () => true,
    [Symbol.asyncDispose]: () => closed.promise,
  }
  return { sink, fail: () => failed.reject(full), close: closed.resolve }
}

const notStopped = () => expect.fail('it was stopped')

test('[LVE4] what was watched is over when all of it is in its place', async () => {
  const { sink, close } = slowSink()
  let result: string | undefined
  const filled = filling(sink, async () => 'ended', notStopped).then((one) => void (result = one))
  await settle()
  expect(result).toBeUndefined()
  close()
  await filled
  expect(result).toBe('ended')
})

test('[LVE4] a disk that is full in the last moment is told, as one that is full before', async () => {
  const late = slowSink()
  const filled = filling(late.sink, async () => 'ended', notStopped)
  await settle()
  late.fail()
  late.close()
  await expect(filled).rejects.toBe(full)

  const early = slowSink()
  const stopped = Promise.withResolvers<string>()
  const watched = filling(
    early.sink,
    () => stopped.promise,
    () => stopped.resolve('left'),
  )
  early.fail()
  early.close()
  await expect(watched).rejects.toBe(full)
})

test('[LVE4] a last still that cannot be written is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-stills-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const sink = await openLiveSink({ stills: folder }, systemClock)
  const header = { type: 'still', keyFrame: true, layer: 0, epoch: 0, sequence: 0, capturedAtUs: 0 } as const
  const still = { header, bytes: Uint8Array.of(1), path: 'server' } as const
  sink.take(still)
  while ((await readdir(folder)).length === 0);
  await rm(folder, { recursive: true })
  const filled = filling(sink, async () => sink.take({ ...still, header: { ...header, sequence: 1 } }), notStopped)
  await expect(filled).rejects.toMatchObject({ code: 'cannot-write' })
})
