// While somebody fetches what this page gives out, whichever screen is open: the screen stays on, and closing the tab is asked about.

import { useEffect, useState } from 'react'
import type { DeviceConnection, SentStatus } from '../device-connection.ts'
import { useDevice } from '../device.ts'
import { isGivenHere } from './given-here.ts'
import { isTakingOver, stillNeeded } from './sent-state.ts'
import { useStayOpen } from './stay-open.ts'
import { useWakeLock } from './wake-lock.ts'

export function useWhileSending(): void {
  const device = useDevice()
  const [isGiving, setGiving] = useState(false)
  useEffect(() => watchGiving(device, setGiving), [device])
  useWakeLock(isGiving)
  useStayOpen(isGiving)
}

/** Tells whether somebody fetches from this page, whenever that changes. The returned function ends it. */
export function watchGiving(device: DeviceConnection, tell: (isGiving: boolean) => void): () => void {
  const fetched = new Set<string>()
  /** Being asked about; `again`: it changed meanwhile. */
  const asking = new Map<string, { again: boolean }>()
  let over = false

  async function look(id: string): Promise<void> {
    const known = asking.get(id)
    if (known) {
      known.again = true
      return
    }
    const asked = { again: false }
    asking.set(id, asked)
    try {
      do {
        asked.again = false
        const status = await device.do('status', { id })
        if (over) return
        if (isFetchedFrom(status)) fetched.add(id)
        else fetched.delete(id)
        tell(fetched.size > 0)
      } while (asked.again)
    } catch {
      // What cannot be told now is told after the next change.
    } finally {
      asking.delete(id)
    }
  }

  const end = device.onChange(({ what, id }) => {
    // What was sent before this page was opened is not given out by it until its file is chosen again.
    if (what === 'sent' && id !== undefined && isGivenHere(device, id)) void look(id)
  })
  return () => {
    over = true
    end()
  }
}

function isFetchedFrom(status: SentStatus): boolean {
  const isFetching = status.recipients.some(({ state }) => state === 'fetching')
  return stillNeeded(status) > 0 && (isFetching || isTakingOver(status))
}
