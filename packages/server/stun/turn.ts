// The TURN relays that the operator runs beside this server (coturn), and credentials for them that end soon. The relay shares a secret
// with this server and asks it nothing (coturn's use-auth-secret; draft-uberti-behave-turn-rest).

import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Ice } from '@doorpost/protocol/messages/ice'
import type { Policy } from '../policy/policy.ts'
import { PolicyFault } from '../policy/policy-file.ts'

/** Shortest secret taken, characters: 16 random bytes as base64. */
const SECRET_LENGTH_MIN = 22

export interface Turn {
  readonly urls: readonly string[]
  readonly secret: string
  readonly ttlSeconds: number
}

/** Reads the secret that the policy names, relative to the policy's own folder. Throws PolicyFault when there is none to use. */
export async function readTurn(
  { turn }: Pick<Policy, 'turn'>,
  policyFile: string | undefined,
): Promise<Turn | undefined> {
  if (!turn || policyFile === undefined) return undefined
  const { urls, secretFile, ttlSeconds } = turn
  let secret: string
  try {
    secret = (await readFile(resolve(dirname(policyFile), secretFile), 'utf8')).trim()
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new PolicyFault(policyFile, undefined, `turn.secretFile: ${secretFile} cannot be read (${code}).`)
  }
  if (secret.length < SECRET_LENGTH_MIN || /\s/.test(secret)) {
    throw new PolicyFault(
      policyFile,
      undefined,
      `turn.secretFile: the secret must be one word of at least ${SECRET_LENGTH_MIN} characters, as in coturn's static-auth-secret.`,
    )
  }
  return { urls, secret, ttlSeconds }
}

/** Credentials for one user. The name they carry is the same for a user each day and says nobody's address to the relay. */
export function turnCredentials(
  { urls, secret, ttlSeconds }: Turn,
  user: string,
  nowMs: number,
): NonNullable<Ice['turn']> {
  const expiry = Math.floor(nowMs / 1000) + ttlSeconds
  const name = createHmac('sha256', secret).update(`doorpost/turn/v1\0${user}`).digest('base64url').slice(0, 16)
  const username = `${expiry}:${name}`
  return {
    urls: [...urls],
    username,
    credential: createHmac('sha1', secret).update(username).digest('base64'),
    expires: new Date(expiry * 1000).toISOString(),
  }
}
