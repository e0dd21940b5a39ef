import { expect, test, vi } from 'vitest'
import { turnedClock } from '../listen/turned-clock.ts'
import { memoryStorage } from '../storage/memory.ts'
import { AMPLE, sampleMail } from '../storage/sample-mail.ts'
import { startExpiry } from './expiry.ts'

const onFault = (error: unknown) => {
  throw error
}

test('[S16] expired mail is dropped, however much there is, and the rest stays', async () => {
  const { mail } = memoryStorage()
  const clock = turnedClock()
  for (let number = 0; number < 255; number++) {
    await mail.accept(
      { ...sampleMail({ number }), expiresAtMs: clock.wallMs() + (number < 250 ? 5_000 : 60_000) },
      AMPLE,
    )
  }
  const expire = vi.spyOn(mail, 'expire')
  const stop = startExpiry({ store: mail, clock, onFault })
  clock.turn(10_000)
  await vi.waitFor(async () => expect(await mail.counts()).toEqual({ messages: 5, copies: 5 }))
  expect(expire.mock.calls.map(([, limit]) => limit)).toEqual([100, 100, 100])
  stop()
  clock.turn(100_000)
  expect(expire).toHaveBeenCalledTimes(3)
})

test('[S16] a fault while dropping is reported, and dropping goes on at the next turn', async () => {
  const clock = turnedClock()
  const faults: unknown[] = []
  const expire = vi.fn<() => Promise<number>>().mockRejectedValueOnce(new Error('disk')).mockResolvedValue(0)
  startExpiry({ store: { expire }, clock, onFault: (error) => faults.push(error) })
  clock.turn(10_000)
  await vi.waitFor(() => expect(faults).toHaveLength(1))
  clock.turn(10_000)
  await vi.waitFor(() => expect(expire).toHaveBeenCalledTimes(2))
})
