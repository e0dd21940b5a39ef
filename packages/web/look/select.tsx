// One of several, folded: the browser's own list, which every keyboard, reader and remote knows.

import { useId } from 'react'
import type { Choice } from './field.tsx'
import { DownIcon } from './icons.tsx'
import './select.css'

export function Select<Value extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  readonly label: string
  readonly value: Value
  readonly choices: readonly Choice<Value>[]
  readonly onChoose: (value: Value) => void
}) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box select">
        <select id={id} value={value} onChange={(event) => onChoose(event.target.value as Value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.name}
            </option>
          ))}
        </select>
        <DownIcon />
      </div>
    </div>
  )
}
