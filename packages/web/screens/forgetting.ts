// Deleting a conversation on this device: done at once, said, and taken back as long as the device can.

import { usePeer } from '../device.ts'
import { toast } from '../look/toast.tsx'
import { go } from '../route.ts'
import { troubleText, useWords } from '../words/words.ts'

/** Answers a function that forgets the conversation with that id and leaves it. */
export function useForgetting(): (conversation: string) => Promise<void> {
  const words = useWords()
  const peer = usePeer()
  return async (conversation) => {
    const { forgotten } = await peer.do('talk.forget', { conversation })
    toast({
      text: words.talk.forgottenAll,
      undo: () =>
        void peer.do('talk.recall', { forgotten }).catch((error: unknown) => toast({ text: troubleText(error) })),
    })
    go()
  }
}
