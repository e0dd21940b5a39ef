// Somebody's key is not the one you know: nothing goes on until it was compared. It stands where the conversation would be.

import { safetyNumber } from '@doorpost/protocol/safety-number'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { WarnIcon } from '../look/icons.tsx'
import { toast } from '../look/toast.tsx'
import { troubleText, useWords } from '../words/words.ts'
import { useBlocking } from './blocking.ts'
import { useDoing } from './doing.ts'
import { nameOf } from './names.ts'
import { Wrong } from './page.tsx'
import { SafetyDigits } from './safety-number.tsx'
import './key-changed.css'

export function KeyChanged({ address }: { readonly address: string }) {
  const words = useWords()
  const peer = usePeer()
  const { value: me } = useAsked('whoami', {})
  const { value: shown, trouble, again } = useAsked('finger', { address })
  const block = useBlocking()
  const { busy, wrong, run } = useDoing()
  const name = nameOf(address, me?.address ?? '')
  return (
    <div className="key-changed">
      <div className="key-changed-inside">
        <h2>
          <WarnIcon size={24} />
          <span>{words.talk.changedTitle(name)}</span>
        </h2>
        <p>{words.people.changedSays(name)}</p>
        <p>{words.people.changedDo(name)}</p>
        {me && shown && (
          <div className="key-changed-number">
            <h3>{words.people.changedNew}</h3>
            <SafetyDigits number={safetyNumber({ address, fingerprint: shown.fingerprint }, me)} />
          </div>
        )}
        {trouble && (
          <p role="alert">
            {troubleText(trouble)} <Button onClick={again}>{words.look.again}</Button>
          </p>
        )}
        <div className="part-buttons">
          <Button
            kind="main"
            disabled={busy || !shown}
            onClick={() =>
              void run(async () => {
                if (!shown) return
                await peer.do('contacts.add', { who: address, acceptChangedKey: shown.fingerprint })
                toast({ text: words.people.accepted(name) })
              })
            }
          >
            {words.people.accept}
          </Button>
          <Button kind="bad" disabled={busy} onClick={() => void run(() => block(address, name))}>
            {words.people.acceptNot}
          </Button>
        </div>
        <Wrong says={wrong} />
      </div>
    </div>
  )
}
