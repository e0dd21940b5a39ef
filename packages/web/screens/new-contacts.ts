// Somebody became a contact while the page was open, by an invitation or by adding back: it is said once.

import { useEffect, useRef } from 'react'
import type { ContactLine } from '../device-connection.ts'
import { useAsked } from '../device.ts'
import { toast } from '../look/toast.tsx'
import { useRoute } from '../route.ts'
import { useWords } from '../words/words.ts'
import { useHistoryComing } from './history-coming.ts'
import { nameOf } from './names.ts'
import { useMe } from './oneself.ts'

export function useNewContacts(): void {
  const words = useWords()
  const me = useMe()
  const { value } = useAsked('contacts.list', {}, ['people'])
  // A device that was just linked hears of all of them at once.
  const isNewHere = useHistoryComing() !== undefined
  const isNew = useRoute()[0] === 'words'
  const before = useRef<ReadonlySet<string>>(undefined)
  useEffect(() => {
    if (!value) return
    const came = before.current ? newOnes(before.current, value) : []
    before.current = new Set(value.flatMap(({ address, state }) => (state === 'mutual' ? [address] : [])))
    // Who comes by an invitation knows whose it is, and reads something else just now.
    if (isNew || isNewHere) return
    for (const address of came) toast({ text: words.people.added(nameOf(address, me)) })
  }, [value, words, me, isNew, isNewHere])
}

/** Mutual now, and not before. Pure. */
export function newOnes(before: ReadonlySet<string>, now: readonly ContactLine[]): string[] {
  return now.flatMap(({ address, state }) => (state === 'mutual' && !before.has(address) ? [address] : []))
}
