// A number in the preferences: it holds when it is saved.

import { useState } from 'react'
import { Button } from '../../look/button.tsx'
import { Field } from '../../look/field.tsx'
import { toast } from '../../look/toast.tsx'
import { useWords } from '../../words/words.ts'

export function NumberWish({
  label,
  hint,
  value,
  max,
  step = 1,
  wrong,
  onSave,
}: {
  readonly label: string
  readonly hint: string
  readonly value: number
  readonly max: number
  readonly step?: number | 'any'
  readonly wrong: string | undefined
  readonly onSave: (value: number) => Promise<boolean>
}) {
  const words = useWords()
  const [typed, setTyped] = useState<string>()
  const shown = typed ?? String(value)
  const number = Number(shown.replace(',', '.'))
  const valid = shown.trim() !== '' && Number.isFinite(number) && number >= 0 && number <= max
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (!valid) return
        void onSave(number).then((held) => {
          if (!held) return
          setTyped(undefined)
          toast({ text: words.settings.saved })
        })
      }}
    >
      <Field
        label={label}
        hint={hint}
        wrong={wrong}
        className="settings-short"
        type="number"
        inputMode={step === 1 ? 'numeric' : 'decimal'}
        min={0}
        max={max}
        step={step}
        value={shown}
        onChange={(event) => setTyped(event.target.value)}
      />
      {typed !== undefined && number !== value && (
        <div className="part-buttons">
          <Button kind="main" type="submit" disabled={!valid}>
            {words.settings.save}
          </Button>
        </div>
      )}
    </form>
  )
}
