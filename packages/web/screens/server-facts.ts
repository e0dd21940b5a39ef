// What anybody may know of the server this page came from: its domain, and who may join. Asked once, by FINGER.

import { serverFactsSchema, type ServerFacts } from '@doorpost/protocol/messages/server-facts'
import { useEffect, useState } from 'react'

/** Undefined until it is known, or while it cannot be known. */
export function useServerFacts(): ServerFacts | undefined {
  const [facts, setFacts] = useState<ServerFacts>()
  useEffect(() => {
    const stop = new AbortController()
    void ask(stop.signal).then(setFacts, () => undefined)
    return () => stop.abort()
  }, [])
  return facts
}

async function ask(signal: AbortSignal): Promise<ServerFacts | undefined> {
  const answer = await fetch('/', { method: 'FINGER', signal })
  if (!answer.ok) return undefined
  const parsed = serverFactsSchema.safeParse(await answer.json())
  return parsed.success ? parsed.data : undefined
}
