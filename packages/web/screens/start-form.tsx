// A form before there is a device: how somebody comes in who has an account already.

import type { ReactNode } from 'react'
import { Button } from '../look/button.tsx'
import { Mark } from '../look/mark.tsx'
import { useWords } from '../words/words.ts'
import { Placard } from './placard.tsx'

export function StartForm({
  title,
  says,
  does,
  ready,
  busy,
  onDo,
  onBack,
  children,
}: {
  readonly title: string
  readonly says: string
  /** On the button. */
  readonly does: string
  /** Everything it needs is written. */
  readonly ready: boolean
  readonly busy: boolean
  readonly onDo: () => void
  readonly onBack: () => void
  readonly children: ReactNode
}) {
  const words = useWords()
  return (
    <Placard main picture={<Mark size={48} />} title={title}>
      <p>{says}</p>
      <form
        className="placard-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onDo()
        }}
      >
        {children}
        <Button kind="main" wide type="submit" disabled={busy || !ready}>
          {busy ? words.look.loading : does}
        </Button>
        <Button kind="quiet" wide onClick={onBack}>
          {words.look.back}
        </Button>
      </form>
    </Placard>
  )
}
