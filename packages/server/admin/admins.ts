// Who runs this server: those whom the operator named when starting it, and those written into its data folder (`doorpost admin add`).
// Nobody becomes one by asking, by being first, or through the server. The file is read again now and then, so that a running server follows.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { UserAddress } from '@doorpost/protocol/address'
import { z } from 'zod'
import type { Clock } from '../listen/clock.ts'
import { recordedDomain } from '../domain-record.ts'
import { layFile } from '../lay-file.ts'
import { openDataFileToRead } from '../storage/sqlite-file.ts'

const FILE_NAME = 'admins.json'
/** Admins of one server: a few people, with room. */
const ADMINS_MAX = 100
/** How long the file is believed before it is read again, ms: a change is felt at once, and asking often costs nothing. */
const BELIEVED_MS = 2_000

const fileSchema = z.strictObject({ v: z.literal(1), names: z.array(z.string().max(64)).max(ADMINS_MAX) })

export interface Admins {
  /** Whether this user runs the server. */
  has(user: UserAddress): Promise<boolean>
}

export interface AdminsOptions {
  readonly domain: string
  /** Names from the command line. */
  readonly named: readonly string[]
  /** Without one, those that were named are all. */
  readonly dataFolder?: string
  readonly clock: Clock
  /** The file is not as it must be. */
  onFault(error: unknown): void
}

export function openAdmins({ domain, named, dataFolder, clock, onFault }: AdminsOptions): Admins {
  /** Shared by all who ask meanwhile. */
  let written: Promise<readonly string[]> = Promise.resolve([])
  let readAtMs = Number.NEGATIVE_INFINITY

  /** A file that cannot be read changes nothing, and stops nobody else's request. */
  async function readAgain(folder: string, before: Promise<readonly string[]>): Promise<readonly string[]> {
    try {
      return await writtenAdmins(folder)
    } catch (error) {
      onFault(error)
      return await before
    }
  }

  return {
    async has(user) {
      if (dataFolder !== undefined && clock.monotonicMs() - readAtMs >= BELIEVED_MS) {
        readAtMs = clock.monotonicMs()
        written = readAgain(dataFolder, written)
      }
      return [...named, ...(await written)].some((name) => `${name}@${domain}` === user)
    },
  }
}

/** Names in the data folder. Throws when the file is not what this program writes. */
export async function writtenAdmins(dataFolder: string): Promise<readonly string[]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(dataFolder, FILE_NAME), 'utf8'))).names
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/**
 * Makes somebody who has an account in that data folder an admin of its server, whether it runs or not. A name nobody has yet could be
 * registered by anybody, so it is refused.
 */
export async function addAdmin(dataFolder: string, name: string): Promise<'added' | 'no-such-user' | 'full'> {
  const domain = await recordedDomain(dataFolder)
  if (domain === undefined || !hasAccount(dataFolder, `${name}@${domain}`)) return 'no-such-user'
  const names = await writtenAdmins(dataFolder)
  if (names.includes(name)) return 'added'
  if (names.length >= ADMINS_MAX) return 'full'
  await write(dataFolder, [...names, name])
  return 'added'
}

/** False when they were none. */
export async function removeAdmin(dataFolder: string, name: string): Promise<boolean> {
  const names = await writtenAdmins(dataFolder)
  if (!names.includes(name)) return false
  await write(
    dataFolder,
    names.filter((one) => one !== name),
  )
  return true
}

function hasAccount(dataFolder: string, address: string): boolean {
  const db = openDataFileToRead(dataFolder)
  try {
    return db.prepare("select 1 from accounts where address = ? and standing = 'open'").get(address) !== undefined
  } finally {
    db.close()
  }
}

async function write(dataFolder: string, names: readonly string[]): Promise<void> {
  await layFile(dataFolder, FILE_NAME, JSON.stringify({ v: 1, names }))
}
