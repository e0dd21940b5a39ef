// What a step of an outbox entry means for what is kept of it: of a message in its sent record and for one's own other devices,
// of a note nothing but the entry itself. One write a step.

import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import { troubleSentence } from '../catalogue/en.ts'
import type { DeviceEvent } from '../device-event.ts'
import type { Trouble } from '../operations.ts'
import type { Change, Store } from '../store/store.ts'
import type { OwnMessages } from '../talk/own-messages.ts'
import { offerDrops } from './offered.ts'
import type { Outbox, OutboxOptions } from './outbox.ts'
import { type OutboxEntry, outboxKey } from './outbox-entry.ts'
import type { SentRoom } from './sent-room.ts'

export function recordSteps(options: {
  readonly store: Store
  readonly sent: SentRoom
  readonly own: Pick<OwnMessages, 'accepted'>
  /** Asked for once it is open. */
  outbox(): Promise<Pick<Outbox, 'add'>>
  onEvent(event: DeviceEvent): void
}): OutboxOptions['record'] {
  const { store, sent } = options

  async function ofNote(entry: OutboxEntry, own: Change): Promise<void> {
    // Whoever starts again has stopped writing: that somebody writes is on no disk.
    if ('note' in entry.content && entry.content.note === 'typing') return
    await store.write([own])
  }

  return async (entry, step, own) => {
    if (step.kind === 'refused' || step.kind === 'accepted') {
      options.onEvent({
        event: `${entry.class}-${step.kind}`,
        level: 'info',
        id: entry.id,
        ...('trouble' in step && { code: step.trouble.code }),
      })
    }
    if (entry.class === 'note') return await ofNote(entry, own)
    switch (step.kind) {
      case 'sealed':
      case 'held':
        return void (await sent.step(entry.id, step, [own]))
      case 'accepted': {
        const { changes, notes } = options.own.accepted(entry, step.at)
        const told = notes.map((note): Change => ({ put: 'outbox', key: outboxKey(note), value: note }))
        await sent.step(entry.id, step, [own, ...changes, ...told])
        if (notes.length > 0) (await options.outbox()).add(notes)
        return
      }
      case 'refused':
      case 'ran-out': {
        const record = await sent.get(entry.id)
        const reason = step.kind === 'refused' ? saidOf(step.trouble) : 'Its time ran out before it could be sent.'
        await sent.step(entry.id, { kind: 'failed', reason }, [own, ...(record ? offerDrops(record) : [])])
      }
    }
  }
}

/** What the server said of this message; of a clock, what a person can do something with. */
function saidOf({ code, message }: Trouble): string {
  return message.includes(CLOCK_AHEAD) ? troubleSentence({ code, detail: message }).says : message
}
