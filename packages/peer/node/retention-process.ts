// Retention in a process of its own, for the test that kills it: the store is in the folder it is given. Says each step before and
// after it happens.

import { writeSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { createRetention, type RetentionFiles } from '../send/retention.ts'
import { createSentRoom } from '../send/sent-room.ts'
import { nodePieceCrypto } from './piece-crypto.ts'
import { nodeRetentionFiles } from './retention-files.ts'
import { openSqliteStore } from './sqlite-store.ts'

const say = (what: string) => writeSync(1, `${what}\n`)
const told = <Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) => {
  return async (...args: Args): Promise<Result> => {
    say(name)
    const result = await work(...args)
    say(name)
    return result
  }
}
const { open, place, placed, remove } = nodeRetentionFiles
const files: RetentionFiles = {
  open,
  place: told('place', place),
  placed: told('placed', placed),
  remove: told('remove', remove),
}
const store = await openSqliteStore(process.argv[2] ?? '')
await using retention = createRetention({
  store,
  clock: systemClock,
  crypto: nodePieceCrypto,
  files,
  sent: createSentRoom(store, systemClock, { tell() {} }),
  account: () => ({ do: 'keep' }),
  goneNotes: () => ({ changes: [], add() {} }),
  onKept: ({ path }) => say(`kept ${path}`),
  onFault: (error) => say(`fault ${String(error)}`),
})
say('ready')
await retention.resume()
say('done')
