// Invitations to register, made by the administrator on the server's machine. The data folder belongs to one running
// server, so an invitation is deposited beside it as a small file, which the server takes in before it looks for one.

import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hashSchema } from '@doorpost/protocol/signature'
import { z } from 'zod'
import { layFile } from '../lay-file.ts'
import type { Storage } from '../storage/storage.ts'
import { hashOfInvitation } from './register.ts'

/** Open invitations of the administrator: a class, a festival, a company. */
export const ADMIN_INVITATIONS_MAX = 10_000
const FOLDER = 'invitations'

const depositSchema = z.strictObject({ tokenHash: hashSchema, expiresAtMs: z.int() })

/**
 * Makes an invitation to register, whether the server of that data folder runs or not. Answers the token (22 characters
 * of base64url), which is kept nowhere: show it once.
 */
export async function createInvitation(options: {
  readonly dataFolder: string
  readonly expires: Date
}): Promise<string> {
  const token = randomBytes(16).toString('base64url')
  const tokenHash = hashOfInvitation(token)
  const deposit = { tokenHash, expiresAtMs: options.expires.getTime() }
  await layFile(options.dataFolder, join(FOLDER, `${tokenHash}.json`), JSON.stringify(deposit))
  return token
}

/** Takes what was deposited into the storage. Throws when a deposit is not what createInvitation writes. */
export async function takeInvitations(dataFolder: string, storage: Storage, nowMs: number): Promise<void> {
  const folder = join(dataFolder, FOLDER)
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.json')) continue
    const file = join(folder, name)
    const { tokenHash, expiresAtMs } = depositSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    const invitation = { tokenHash, inviter: null, expiresAtMs }
    const outcome = await storage.invitations.add(invitation, ADMIN_INVITATIONS_MAX, nowMs)
    // At the bound it stays where it is, and is taken when others were used or are over.
    if (outcome === 'added') await rm(file)
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
