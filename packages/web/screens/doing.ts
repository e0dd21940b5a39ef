// Doing what somebody pressed: one thing at a time, and what went wrong as a sentence where it was pressed.

import { useState } from 'react'
import { troubleText } from '../words/words.ts'

export interface Doing {
  readonly busy: boolean
  /** What went wrong the last time, with what to do about it. */
  readonly wrong: string | undefined
  /** Runs one thing; a press while it runs does nothing. Answers whether it went well. */
  run(thing: () => Promise<unknown>): Promise<boolean>
  clear(): void
}

export function useDoing(): Doing {
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string>()
  return {
    busy,
    wrong,
    async run(thing) {
      if (busy) return false
      setBusy(true)
      setWrong(undefined)
      try {
        await thing()
        return true
      } catch (error) {
        setWrong(troubleText(error))
        return false
      } finally {
        setBusy(false)
      }
    },
    clear: () => setWrong(undefined),
  }
}
