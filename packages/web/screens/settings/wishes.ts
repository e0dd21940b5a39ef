// Preferences of the account as settings use them: what they are, and changing them at once.

import type { Operations, PreferenceEdit } from '../../device-connection.ts'
import { useAsked, usePeer } from '../../device.ts'
import { troubleText } from '../../words/words.ts'
import { useDoing } from '../doing.ts'

export interface Wishes {
  readonly value: Operations['prefs']['result'] | undefined
  /** What went wrong: asking for them, or the last change. */
  readonly wrong: string | undefined
  readonly busy: boolean
  /** Answers whether it holds now. */
  change(...edits: PreferenceEdit[]): Promise<boolean>
}

export function useWishes(): Wishes {
  const peer = usePeer()
  const { value, trouble, again } = useAsked('prefs', {}, ['preferences'])
  const { busy, wrong, run } = useDoing()
  return {
    value,
    busy,
    wrong: wrong ?? (trouble && troubleText(trouble)),
    change: (...edits) =>
      run(async () => {
        await peer.do('prefs.change', { edits })
        again()
      }),
  }
}
