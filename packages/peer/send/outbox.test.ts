import { describe, expect, test } from 'vitest'
import type { UserAddress } from '@doorpost/protocol/address'
import type { Envelope } from '@doorpost/protocol/envelope'
import { fakeClock, settle } from '../fake-clock.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Announced } from './announce.ts'
import { openOutbox, type Outbox, type OutboxOptions } from './outbox.ts'
import { AGAIN_FIRST_MS, type OutboxEntry, outboxKey } from './outbox-entry.ts'

const entryOf = (id: string, more: Partial<OutboxEntry> = {}): OutboxEntry => ({
  id,
  class: 'message',
  to: ['bob@example.org' as UserAddress],
  date: `2026-11-21T12:00:0${id}.000Z`,
  expires: '2026-12-21T12:00:00.000Z',
  content: { title: id, media: [] },
  tries: 0,
  notBeforeMs: 0,
  ...more,
})
const envelopeOf = ({ id }: OutboxEntry) => ({ id }) as Envelope

async function open(options: Partial<OutboxOptions> = {}) {
  const clock = fakeClock()
  const store = openMemoryStore()
  const announced: string[] = []
  const recorded: string[] = []
  const outbox = await openOutbox({
    store,
    clock,
    jitter: () => 1,
    seal: async (entry) => ({ kind: 'sealed', envelope: envelopeOf(entry), messageHash: 'hash' }),
    announce: async ({ id }) => {
      announced.push(id)
      return { kind: 'accepted', at: '2026-11-21T12:00:00.000Z' }
    },
    async record(entry, step, own) {
      recorded.push(`${entry.id} ${step.kind}`)
      await store.write([own])
    },
    onFault: (error) => recorded.push(String(error)),
    ...options,
  })
  const add = async (...entries: OutboxEntry[]) => {
    await store.write(outbox.changesFor(entries))
    outbox.add(entries)
    await settle()
  }
  const left = async () => (await store.all<OutboxEntry>('outbox')).map(({ key }) => key)
  return { clock, store, outbox, announced, recorded, add, left }
}
const later = (more: Partial<Extract<Announced, { kind: 'later' }>> = {}): Announced => ({
  kind: 'later',
  reason: 'later',
  lineDown: false,
  ...more,
})

describe('the outbox', () => {
  test('[G5] each step is written before the next is taken', async () => {
    const { announced, recorded, add, left } = await open()
    await add(entryOf('1'), entryOf('2'))
    expect(recorded).toEqual(['1 sealed', '2 sealed', '1 accepted', '2 accepted'])
    expect(announced).toEqual(['1', '2'])
    expect(await left()).toEqual([])
  })

  test('[G9] what waits for the line goes when it is back, what the server wants later does not', async () => {
    const answers: Record<string, Announced> = { 1: later({ lineDown: true }), 2: later({ retryAfterMs: 60_000 }) }
    const tries: string[] = []
    const { clock, outbox, add } = await open({
      announce: async ({ id }) => {
        tries.push(id)
        return answers[id] as Announced
      },
    })
    await add(entryOf('1'), entryOf('2'))
    outbox.kick('line')
    await settle()
    expect(tries).toEqual(['1', '2', '1'])
    await clock.pass(2 * AGAIN_FIRST_MS)
    expect(tries).toEqual(['1', '2', '1', '1'])
    await clock.pass(60_000)
    expect(tries.filter((id) => id === '2').length).toBe(2)
  })

  test('[G7] what waits for a person goes when something about people changed', async () => {
    let known = false
    const { outbox, announced, add } = await open({
      seal: async (entry) =>
        known
          ? { kind: 'sealed', envelope: envelopeOf(entry), messageHash: 'hash' }
          : { kind: 'held', reason: 'the key changed', waitsFor: 'people' },
    })
    await add(entryOf('1'))
    known = true
    outbox.kick('line')
    await settle()
    expect(announced).toEqual([])
    outbox.kick('people')
    await settle()
    expect(announced).toEqual(['1'])
  })

  test('[G13] what is forgotten while it is handed in is not put back, and that it arrived is still told', async () => {
    for (const answer of [later(), { kind: 'accepted', at: '2026-11-21T12:00:00.000Z' } as const]) {
      const gate = Promise.withResolvers<Announced>()
      const { store, outbox, recorded, add, left } = await open({ announce: () => gate.promise })
      await add(entryOf('1'))
      const outcome = outbox.tried('1')
      outbox.forget('1')
      await store.write([{ drop: 'outbox', key: outboxKey(entryOf('1')) }])
      gate.resolve(answer)
      await settle()
      expect(await left()).toEqual([])
      expect(recorded).toEqual(answer.kind === 'accepted' ? ['1 sealed', '1 accepted'] : ['1 sealed'])
      expect(await outcome).toEqual({ kind: 'gone' })
    }
  })

  test('[G4] what runs out is dropped, and what cannot be written is tried again', async () => {
    let broken = true
    const { clock, recorded, add, left, outbox } = await open({
      record: async (entry, step, own) => {
        recorded.push(`${entry.id} ${step.kind}`)
        if (broken) throw new Error('the disk is full')
        await store.write([own])
      },
    })
    const store = openMemoryStore()
    void left
    await add(entryOf('1', { expires: '2026-11-21T11:00:00.000Z' }))
    expect(recorded).toEqual(['1 ran-out', 'Error: the disk is full'])
    broken = false
    await clock.pass(2 * AGAIN_FIRST_MS)
    expect(recorded.at(-1)).toBe('1 ran-out')
    expect(outbox.size).toBe(0)
  })

  test('[G9] at most eight are handed in at once', async () => {
    const gates: PromiseWithResolvers<Announced>[] = []
    const { add } = await open({
      announce: () => {
        const gate = Promise.withResolvers<Announced>()
        gates.push(gate)
        return gate.promise
      },
    })
    await add(...Array.from({ length: 20 }, (_, at) => entryOf(`x${at}`)))
    expect(gates.length).toBe(8)
    gates[0]?.resolve({ kind: 'accepted', at: '2026-11-21T12:00:00.000Z' })
    await settle()
    expect(gates.length).toBe(9)
  })

  test('[G5] closing lets what is under way end, and starts nothing more', async () => {
    const gate = Promise.withResolvers<Announced>()
    const aborted: boolean[] = []
    const { outbox, add, left } = await open({
      announce: (_envelope, signal) => {
        signal.addEventListener('abort', () => {
          aborted.push(true)
          gate.reject(signal.reason as Error)
        })
        return gate.promise
      },
    })
    await add(entryOf('1'))
    const outcome = outbox.tried('1')
    await (outbox satisfies Outbox)[Symbol.asyncDispose]()
    expect([aborted, await outcome]).toEqual([[true], { kind: 'gone' }])
    expect((await left()).length).toBe(1)
  })
})
