// Users whose devices run in the test's own process, each in a home of its own on the disk: for scenarios that speak to them by operations
// rather than by commands. With commands it is stage.ts.

import { join } from 'node:path'
import { linkDevice } from '@doorpost/peer/identity/link-accept'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import type { InboxEntry, Peer } from '@doorpost/peer/operations'
import { join as joinServer } from '@doorpost/peer/session/join'
import { parseLinkCode } from '@doorpost/protocol/link'

/** How long something may take to happen, ms: a few round trips on a machine that does much else. */
const PATIENCE_MS = 20_000
const LOOK_EVERY_MS = 20

export async function withStore<T>(
  path: string,
  work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<T>,
): Promise<T> {
  const opened = await openHome(path)
  if (opened.kind !== 'open') throw new Error('in use')
  await using home = opened.home
  await using store = await openSqliteStore(home.database)
  return await work(store)
}

/** A home in `folder` whose user has joined from it, with the device `laptop`. */
export async function joinFrom(
  folder: string,
  origin: string,
  name: string,
): Promise<{ name: string; home: string; words: readonly string[] }> {
  const home = join(folder, name)
  let words: readonly string[] = []
  const showRecoveryWords = (made: readonly string[]) => void (words = made)
  await withStore(home, (store) => joinServer({ store, origin, user: name, device: 'laptop', showRecoveryWords }))
  return { name, home, words }
}

/**
 * A home in `folder`, named like the device, linked as another device of this primary's user when that one says yes. Rejects with what
 * linking rejects with.
 */
export async function linkFrom(
  folder: string,
  origin: string,
  primary: Peer,
  { device, home = join(folder, device), confirm = true }: { device: string; home?: string; confirm?: boolean },
): Promise<string> {
  const { code } = await primary.do('devices.offer', {})
  const linked = withStore(home, (store) =>
    linkDevice({
      store,
      origin,
      code: parseLinkCode(code) ?? new Uint8Array(),
      device,
      onWaiting: () => {},
      signal: AbortSignal.timeout(PATIENCE_MS),
    }),
  )
  // Awaited below, when the primary has had its say.
  linked.catch(() => {})
  const asks = await primary.do('devices.await', { code })
  if (asks.name !== device) throw new Error(`another device asks: ${asks.name}`)
  await primary.do('devices.confirm', { code, fingerprint: asks.fingerprint, yes: confirm })
  await linked
  return home
}

/** What `look` finds, once it finds something. */
export async function found<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    if (performance.now() > endMs) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

export const inboxHas = (peer: Peer, id: string, state?: InboxEntry['state']): Promise<InboxEntry> =>
  found(
    async () => (await peer.do('inbox', {})).find((one) => one.id === id && (!state || one.state === state)),
    `${id} ${state ?? ''}`,
  )
