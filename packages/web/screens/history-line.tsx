// Said above the conversations of a device that was just linked: that earlier ones are on their way, from where, and how many are to come.

import { useWords } from '../words/words.ts'
import { useHistoryComing } from './history-coming.ts'

export function HistoryLine() {
  const words = useWords().talk
  const coming = useHistoryComing()
  if (!coming) return null
  const { from, taken = 0, left } = coming
  const device = from.slice(from.indexOf('/') + 1)
  return (
    <p className="side-none small">
      {left === undefined ? words.pastWaits(device) : words.pastComes(device, taken, taken + left)}
    </p>
  )
}
