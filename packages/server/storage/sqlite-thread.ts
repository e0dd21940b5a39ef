// The storage's own thread: does what it is called to do on the SQLite storage, and answers what was answered together
// together. The other side is sqlite-threaded.ts.

import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteStorage } from './sqlite.ts'
import {
  type Call,
  failureOf,
  type Opened,
  type Outcome,
  type PackedMail,
  type Room,
  type ToStorage,
  unpackMail,
} from './thread-messages.ts'

const port = parentPort
if (!port) throw new Error('This file is the entry of a thread.')
const { folder } = workerData as { readonly folder: string }

let outcomes: Outcome[] = []

function answer(outcome: Outcome): void {
  outcomes.push(outcome)
  // The outcomes of one commit settle in one go; they leave in one message behind the last of them.
  if (outcomes.length === 1) queueMicrotask(() => queueMicrotask(flush))
}

function flush(): void {
  port?.postMessage(outcomes)
  outcomes = []
}

try {
  const storage = await openSqliteStorage({ folder })

  const work = (room: Room, operation: string, given: readonly unknown[]): Promise<unknown> => {
    if (operation === 'accept') return storage.mail.accept(...unpackMail(given as PackedMail))
    const store = storage[room] as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>
    return store[operation]?.(...given) ?? Promise.reject(new Error(`no operation ${room}.${operation}`))
  }

  const run = ([number, room, operation, ...given]: Call) => {
    work(room, operation, given).then(
      (value) => answer([number, value]),
      (error: unknown) => answer([number, undefined, failureOf(error)]),
    )
  }

  port.on('message', (said: ToStorage) => {
    if (said !== 'close') {
      for (const call of said) run(call)
      return
    }
    storage[Symbol.asyncDispose]().then(
      // Behind what was due, whose outcomes leave now.
      () => setImmediate(() => port.close()),
      (error: unknown) => {
        throw error
      },
    )
  })
  port.postMessage({ opened: true } satisfies Opened)
} catch (error) {
  port.postMessage({ opened: false, message: (error as Error).message } satisfies Opened)
}
