// What anybody may know of the server this page came from: its domain, and who may join. Asked once, by FINGER.
// The two facts are looked at by hand: reading them by the schema of protocol/messages/server-facts would make the first screen wait for a
// library that it needs for nothing else.

import type { ServerFacts } from '@doorpost/protocol/messages/server-facts'
import { useEffect, useState } from 'react'

export type JoinFacts = Pick<ServerFacts, 'domain' | 'registration'>

/** Undefined until it is known, or while it cannot be known. */
export function useServerFacts(): JoinFacts | undefined {
  const [facts, setFacts] = useState<JoinFacts>()
  useEffect(() => {
    const stop = new AbortController()
    void ask(stop.signal).then(setFacts, () => undefined)
    return () => stop.abort()
  }, [])
  return facts
}

async function ask(signal: AbortSignal): Promise<JoinFacts | undefined> {
  const answer = await fetch('/', { method: 'FINGER', signal })
  return answer.ok ? joinFacts(await answer.json()) : undefined
}

/** Undefined for what no server of ours answers. Pure. */
export function joinFacts(answer: unknown): JoinFacts | undefined {
  const { domain, registration } = (answer ?? {}) as Partial<Record<string, unknown>>
  if (typeof domain !== 'string') return undefined
  if (registration !== 'open' && registration !== 'invitation' && registration !== 'closed') return undefined
  return { domain, registration }
}
