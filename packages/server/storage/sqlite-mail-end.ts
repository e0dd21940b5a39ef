// Ending copies and messages. A copy among contacts stops counting when it is removed; any other keeps its row, without
// the sealed key, until its message expires (mail-quota.ts). A body that waits for nobody is emptied at once.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { Pool } from './mail-quota.ts'
import { copiesOf } from './sqlite-copies.ts'
import { fillCounters } from './sqlite-fill.ts'
import type { MailStore } from './storage.ts'

interface CopyRow {
  number: number
  position: number
  user: UserAddress
  sender: UserAddress
  pool: Pool
  bytes: number
}

const COPY = 'c.number, c.position, c.user, c.sender, c.pool, c.bytes'

export function mailEnd(db: Database, writes: Writes): Pick<MailStore, 'remove' | 'removeDevice' | 'expire'> {
  const fill = fillCounters(db)
  const waitingOne = db.prepare<[string, string, string, string], CopyRow>(
    `select ${COPY} from messages m join copies c on c.position = m.position
     where m.sender = ? and m.id = ? and m.from_device = ? and c.device = ? and c.sealed_key is not null`,
  )
  const waitingAll = db.prepare<[string], CopyRow>(
    `select ${COPY} from copies c where c.device = ? and c.sealed_key is not null`,
  )
  const all = db.prepare<{ position: number }, CopyRow>(`select ${COPY} from copies c where ${copiesOf(':position')}`)
  const deleteCopy = db.prepare<[number]>('delete from copies where number = ?')
  const emptyCopy = db.prepare<[number]>('update copies set sealed_key = null where number = ?')
  const emptyBody = db.prepare<[number]>(
    `update messages set body = ''
     where position = ? and not exists
       (select 1 from copies where ${copiesOf('messages.position')} and sealed_key is not null)`,
  )
  const expired = db
    .prepare<[number, number], number>(
      'select position from messages where expires_at_ms <= ? order by expires_at_ms, position limit ?',
    )
    .pluck()
  const deleteCopies = db.prepare<{ position: number }>(`delete from copies where ${copiesOf(':position')}`)
  const deleteMessage = db.prepare<[number]>('delete from messages where position = ?')

  function uncount({ user, pool, sender, bytes }: CopyRow): void {
    fill.subtract(user, pool, sender, { copies: 1, bytes })
  }

  function end(copy: CopyRow): void {
    if (copy.pool === 'contacts') {
      deleteCopy.run(copy.number)
      uncount(copy)
    } else {
      emptyCopy.run(copy.number)
    }
    emptyBody.run(copy.position)
  }

  function remove(device: DeviceAddress, { from, id }: MailKey): boolean {
    const copy = waitingOne.get(splitDevice(from).user, id, from, device)
    if (copy) end(copy)
    return copy !== undefined
  }

  return {
    remove: (device, keys) => writes.run(() => keys.filter((key) => remove(device, key))),

    removeDevice: (device) =>
      writes.run(() => {
        for (const copy of waitingAll.all(device)) end(copy)
      }),

    expire: (nowMs, limit) =>
      writes.run(() => {
        const positions = expired.all(nowMs, limit)
        for (const position of positions) {
          for (const copy of all.all({ position })) uncount(copy)
          deleteCopies.run({ position })
          deleteMessage.run(position)
        }
        return positions.length
      }),
  }
}
