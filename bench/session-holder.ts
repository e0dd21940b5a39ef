// The client of the session benchmark, as a process of its own: registers so many people once, then opens a session for
// each, logs it in and says it is on-line, and closes them all again, as its parent says.

import type { Identity } from '@doorpost/peer/identity/identity-record'
import type { WebSocket } from 'ws'
import { callOnce, joinQuickly, openSession } from './people.ts'

/** Sessions opened at a time. */
const AT_ONCE = 32

const [origin = '', domain = '', countText = '0'] = process.argv.slice(2)
const count = Number(countText)

async function inSteps<T>(total: number, make: (number: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  let next = 0
  const work = async () => {
    while (next < total) {
      const number = next++
      made[number] = await make(number)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return made
}

const people: Identity[] = await inSteps(count, (number) => joinQuickly(origin, domain, `user${number}`))
let sessions: WebSocket[] = []

async function open(): Promise<void> {
  sessions = await inSteps(count, async (number) => {
    const session = await openSession(people[number] as Identity)
    const { status } = await callOnce(session, 'SEND', '/presence', { online: true })
    if (status !== 204) throw new Error(`user${number} is not on-line: ${status}`)
    return session
  })
}

async function close(): Promise<void> {
  await Promise.all(
    sessions.map((session) => {
      const closed = new Promise((resolve) => session.once('close', resolve))
      session.close()
      return closed
    }),
  )
  sessions = []
}

process.on('message', (order: 'open' | 'close') => {
  const [doing, done] = order === 'open' ? [open(), 'open'] : [close(), 'closed']
  doing.then(
    () => process.send?.(done),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
process.send?.('registered')
