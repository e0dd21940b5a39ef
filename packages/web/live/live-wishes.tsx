// Whether one contact may watch what this user shows: without asking, after being let in, or not at all.

import { useAsked, usePeer } from '../device.ts'
import { Switch } from '../look/field.tsx'
import { useDoing } from '../screens/doing.ts'
import { Wrong } from '../screens/page.tsx'
import { useWords } from '../words/words.ts'

export function LiveWishes({ address }: { readonly address: string }) {
  const words = useWords().live
  const peer = usePeer()
  const { value, again } = useAsked('live.showing', {})
  const { wrong, run } = useDoing()
  if (!value) return null
  const decide = (decision: 'allow' | 'kick' | 'lift') =>
    run(async () => {
      await peer.do('live.decide', { user: address, decision })
      again()
    })
  return (
    <>
      <Switch
        label={words.allowSwitch}
        hint={words.allowHint}
        on={value.always.includes(address)}
        onSwitch={(on) => decide(on ? 'allow' : 'lift')}
      />
      <Switch
        label={words.outSwitch}
        hint={words.outHint}
        on={value.never.includes(address)}
        onSwitch={(on) => decide(on ? 'kick' : 'lift')}
      />
      <Wrong says={wrong} />
    </>
  )
}
