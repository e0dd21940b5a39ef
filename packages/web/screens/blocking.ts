// Blocking somebody: done at once, said, and taken back with one press.

import { usePeer } from '../device.ts'
import { toast } from '../look/toast.tsx'
import { troubleText, useWords } from '../words/words.ts'

/** Answers a function that blocks; `name`: what they are called. */
export function useBlocking(): (address: string, name: string) => Promise<void> {
  const words = useWords()
  const peer = usePeer()
  return async (address, name) => {
    await peer.do('contacts.block', { address })
    toast({
      text: words.people.blocked(name),
      undo: () =>
        void peer.do('contacts.unblock', { address }).catch((error: unknown) => toast({ text: troubleText(error) })),
    })
  }
}
