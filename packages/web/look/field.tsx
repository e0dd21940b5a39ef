// Fields: a label above, a hint or what went wrong below, both tied to the field for those who listen.

import { useId, type ComponentProps, type ReactNode } from 'react'
import { usePressed, type Press } from './pressed.ts'
import './field.css'

interface Around {
  readonly label: string
  readonly hint?: ReactNode
  /** What went wrong, as a sentence; it is said at once. */
  readonly wrong?: ReactNode
  /** Names, addresses, codes: nothing is capitalised, completed or spelt for whoever types. */
  readonly literal?: boolean
}

interface InputAround extends Around {
  /** What stands behind the text in the same box: a unit, a domain. */
  readonly after?: ReactNode
}

const LITERAL = { autoCapitalize: 'none', autoComplete: 'off', spellCheck: false } as const

export function Field({ label, hint, wrong, after, literal, ...rest }: ComponentProps<'input'> & InputAround) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box" data-wrong={wrong ? '' : undefined}>
        <input
          id={id}
          aria-describedby={`${id}-told`}
          aria-invalid={wrong ? true : undefined}
          {...(rest.value !== '' && { dir: 'auto' })}
          {...(literal && LITERAL)}
          {...rest}
        />
        {after !== undefined && <span className="field-after">{after}</span>}
      </div>
      <Told id={`${id}-told`} hint={hint} wrong={wrong} />
    </div>
  )
}

export function TextField({ label, hint, wrong, literal, ...rest }: ComponentProps<'textarea'> & Around) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box" data-wrong={wrong ? '' : undefined}>
        <textarea
          id={id}
          aria-describedby={`${id}-told`}
          aria-invalid={wrong ? true : undefined}
          dir="auto"
          {...(literal && LITERAL)}
          {...rest}
        />
      </div>
      <Told id={`${id}-told`} hint={hint} wrong={wrong} />
    </div>
  )
}

function Told({ id, hint, wrong }: { readonly id: string; readonly hint: ReactNode; readonly wrong: ReactNode }) {
  return (
    <p id={id} className={wrong ? 'field-told field-wrong' : 'field-told'} aria-live="polite">
      {wrong ?? hint}
    </p>
  )
}

export interface Choice<Value extends string> {
  readonly value: Value
  readonly name: string
  readonly hint?: string
}

/** One of a few, all in sight. */
export function Choices<Value extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  readonly label: string
  readonly value: Value
  readonly choices: readonly Choice<Value>[]
  readonly onChoose: Press<Value>
}) {
  const id = useId()
  const [shown, press] = usePressed(value, onChoose)
  return (
    <fieldset className="choices">
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="choice">
          <input
            type="radio"
            name={id}
            value={choice.value}
            checked={choice.value === shown}
            onChange={() => press(choice.value)}
          />
          <span>
            {choice.name}
            {choice.hint !== undefined && <span className="choice-hint">{choice.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** On or off, at once. */
export function Switch({
  label,
  hint,
  on,
  onSwitch,
}: {
  readonly label: string
  readonly hint?: string
  readonly on: boolean
  readonly onSwitch: Press<boolean>
}) {
  const [shown, press] = usePressed(on, onSwitch)
  return (
    <label className="choice switch">
      <span>
        {label}
        {hint !== undefined && <span className="choice-hint">{hint}</span>}
      </span>
      <input type="checkbox" role="switch" checked={shown} onChange={(event) => press(event.target.checked)} />
    </label>
  )
}
