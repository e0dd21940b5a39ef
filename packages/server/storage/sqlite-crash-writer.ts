// Run by sqlite-crash.test.ts as a process of its own: accepts and removes mail until it is killed, and reports each
// answer on standard output after it came. Arguments: data folder, number of the first message.

import { writeSync } from 'node:fs'
import { AMPLE, device, keyOf, sampleMail } from './sample-mail.ts'
import { openThreadedStorage } from './sqlite-threaded.ts'

const [folder = '', first = '0'] = process.argv.slice(2)
const storage = await openThreadedStorage({ folder })
let next = Number(first)

/** Some of many at work at a time, so that commits are shared. */
async function write(): Promise<never> {
  for (;;) {
    const number = next++
    const mail = sampleMail({ number, to: ['bob/phone', 'bob/desk'], bodyCharacters: 1 + (number % 20_000) })
    const { kind } = await storage.mail.accept(mail, AMPLE)
    writeSync(1, `${kind} ${number}\n`)
    if (number % 3 === 0) {
      const removed = await storage.mail.remove(device('bob/phone'), [keyOf(mail)])
      writeSync(1, `${removed.length === 1 ? 'removed' : 'missing'} ${number}\n`)
    }
  }
}

await Promise.all(Array.from({ length: 16 }, write))
