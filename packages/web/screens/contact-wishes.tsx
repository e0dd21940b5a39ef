// What you prefer of one contact: first, junk, and who may see whose network address.

import type { Operations } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { LiveWishes } from '../live/live-wishes.tsx'
import { Switch } from '../look/field.tsx'
import { useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { Part, Wrong } from './page.tsx'

type List = 'priority' | 'junk' | 'tunnelOnly'

export function ContactWishes({ address }: { readonly address: string }) {
  const words = useWords()
  const peer = usePeer()
  const { value } = useAsked('prefs', {}, ['preferences'])
  const { wrong, run } = useDoing()
  if (!value) return null
  const put = (list: List, on: boolean) => {
    const edits: Operations['prefs.change']['args']['edits'] = [
      on ? { add: list, who: address } : { remove: list, who: address },
    ]
    // One who comes first is no junk, and the other way round.
    if (on && list === 'priority' && value.junk.includes(address)) edits.push({ remove: 'junk', who: address })
    if (on && list === 'junk' && value.priority.includes(address)) edits.push({ remove: 'priority', who: address })
    return run(() => peer.do('prefs.change', { edits }))
  }
  const row = (list: List, label: string, hint: string) => (
    <Switch label={label} hint={hint} on={value[list].includes(address)} onSwitch={(on) => put(list, on)} />
  )
  return (
    <Part>
      <div>
        {row('priority', words.people.firstSwitch, words.people.firstHint)}
        {row('junk', words.people.junkSwitch, words.people.junkHint)}
        {row('tunnelOnly', words.people.tunnelSwitch, words.people.tunnelHint)}
        <LiveWishes address={address} />
      </div>
      <Wrong says={wrong} />
    </Part>
  )
}
