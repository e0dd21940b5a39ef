// The SQLite storage as a server uses it: reads in the server's thread, on a connection of its own, writes in another
// thread, so that nobody who streams, pushes or only reads waits for the disk. What a write answered is seen by every read
// that begins after the answer.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Head } from '@doorpost/protocol/device-list'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { crowded, DUE_MAX } from './group-commit.ts'
import { type Stores, storesOver } from './sqlite.ts'
import { DataFolderError, openDataFileToRead } from './sqlite-file.ts'
import type { AcceptOutcome, AccountStore, Storage } from './storage.ts'
import {
  type Call,
  errorOf,
  type Opened,
  type Outcome,
  packMail,
  type Room,
  type ToStorage,
  WRITES,
} from './thread-messages.ts'

/** Heads remembered, about 200 bytes each. */
const HEADS_MAX = 20_000

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Throws DataFolderError when the folder is in use by another server or cannot be used. */
export async function openThreadedStorage({ folder }: { readonly folder: string }): Promise<Storage> {
  const thread = new Worker(new URL('./sqlite-thread.ts', import.meta.url), { workerData: { folder } })
  const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  const [said] = ((await Promise.race([once(thread, 'message'), gone])) as [Opened] | undefined) ?? []
  if (!said?.opened) {
    await gone
    throw new DataFolderError(said?.message ?? `The data folder ${folder} could not be opened.`)
  }
  const reader = openDataFileToRead(folder)
  const { call, close } = caller(thread)
  const stores = storesOver(reader, { run: () => Promise.reject(new Error('this connection reads')), close() {} })

  /** The room with its writing operations sent to the other thread. */
  function withWrites<Name extends Room>(room: Name): Stores[Name] {
    const writing = WRITES[room].map((operation) => [
      operation,
      (...given: readonly unknown[]) => call(room, operation, given),
    ])
    return { ...stores[room], ...(Object.fromEntries(writing) as Partial<Stores[Name]>) }
  }

  return {
    accounts: withRememberedHeads(withWrites('accounts')),
    contacts: withWrites('contacts'),
    invitations: withWrites('invitations'),
    logins: withWrites('logins'),
    preferences: withWrites('preferences'),
    grants: withWrites('grants'),
    figures: withWrites('figures'),
    limits: withWrites('limits'),
    tunnelDays: withWrites('tunnelDays'),
    mail: {
      ...withWrites('mail'),
      accept: (mail, quota) => call('mail', 'accept', packMail(mail, quota)) as Promise<AcceptOutcome>,
    },
    async [Symbol.asyncDispose]() {
      if (!reader.open) return
      // First, so that the last connection to close is the one that writes: it takes the log into the file.
      reader.close()
      close()
      await gone
    },
  }
}

/** Asked for every recipient of every message. Nobody else writes this file, so what was read stays right until replaced. */
function withRememberedHeads(accounts: AccountStore): AccountStore {
  const heads = new Map<UserAddress, Head>()
  return {
    ...accounts,
    async head(address) {
      const known = heads.get(address)
      if (known) return known
      const head = await accounts.head(address)
      if (heads.size >= HEADS_MAX) heads.clear()
      if (head) heads.set(address, head)
      return head
    },
    async replaceList(address, expected, deviceList, head) {
      try {
        return await accounts.replaceList(address, expected, deviceList, head)
      } finally {
        heads.delete(address)
      }
    },
    async setStanding(address, standing, nowMs) {
      try {
        return await accounts.setStanding(address, standing, nowMs)
      } finally {
        heads.delete(address)
      }
    },
  }
}

function caller(thread: Worker) {
  const pending = new Map<number, Pending>()
  let number = 0
  let calls: Call[] = []
  let end: Error | undefined

  /** Sent at once, though the thread may be at a commit: it then has its next one at hand, and nobody waits for a round trip. */
  function flush(): void {
    if (calls.length === 0) return
    thread.postMessage(calls satisfies ToStorage)
    calls = []
  }

  function fail(error: Error): void {
    end ??= error
    for (const { reject } of pending.values()) reject(end)
    pending.clear()
  }

  thread.on('message', (outcomes: readonly Outcome[]) => {
    for (const [number, value, failure] of outcomes) {
      const waiting = pending.get(number)
      pending.delete(number)
      if (failure) waiting?.reject(errorOf(failure))
      else waiting?.resolve(value)
    }
  })
  // A server whose storage has died must not linger: whoever supervises it starts it again.
  thread.on('error', (error) => {
    throw error
  })
  thread.on('exit', () => fail(new Error("The storage's thread has ended.")))

  return {
    call: (room: Room, operation: string, given: readonly unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        if (end) return reject(end)
        if (pending.size >= DUE_MAX) return reject(crowded())
        pending.set(++number, { resolve, reject })
        // All calls of one turn of the event loop go in one message.
        if (calls.push([number, room, operation, ...given]) === 1) setImmediate(flush)
      }),
    close() {
      flush()
      end = new Error('The storage is closed.')
      thread.postMessage('close' satisfies ToStorage)
    },
  }
}
