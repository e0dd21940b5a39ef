// Rules for what is fetched by itself: sentences in their order, and a form for one more.

import { useState } from 'react'
import type { Operations } from '../../device-connection.ts'
import { Button, IconButton } from '../../look/button.tsx'
import { type Choice, Choices, Field } from '../../look/field.tsx'
import { CloseIcon, PlusIcon, UpIcon } from '../../look/icons.tsx'
import { ListRow } from '../../look/list-row.tsx'
import { Select } from '../../look/select.tsx'
import { Sheet } from '../../look/sheet.tsx'
import { toast } from '../../look/toast.tsx'
import { useFormats, useWords } from '../../words/words.ts'
import { Part, Wrong } from '../page.tsx'
import { restoringRules } from './restoring.ts'
import { useWishes } from './wishes.ts'

type Rule = Operations['prefs']['result']['fetch'][number]

/** Bounds that are offered, bytes. */
const SIZES = [100e6, 1e9, 10e9, 100e9]

export function FetchRules() {
  const words = useWords()
  const formats = useFormats()
  const { value, wrong, busy, change } = useWishes()
  const [adding, setAdding] = useState(false)
  if (!value) return null
  const { settings } = words
  const sentence = ({ decide, types = [], from = [], sizeBytesMax, network }: Rule) =>
    settings.ruleSentence({
      fetch: decide === 'fetch',
      what: types.map((type) => settings.kinds[type] ?? type),
      from,
      ...(sizeBytesMax !== undefined && { size: formats.size(sizeBytesMax) }),
      network,
    })
  // There is no moving among the wishes: a rule that goes up is taken out, as are those above it, and all put back first.
  const up = (index: number) => {
    const rules = value.fetch.slice(0, index + 1)
    const moved = rules[index]
    if (!moved) return
    const order = [...rules.slice(0, index - 1), moved, ...rules.slice(index - 1, index)]
    void change(
      ...rules.map(() => ({ removeRule: 1 })),
      ...order.toReversed().map((rule) => ({ addRule: rule, first: true })),
    )
  }
  const remove = async (index: number) => {
    if (!(await change({ removeRule: index + 1 }))) return
    toast({ text: settings.ruleRemoved, undo: () => void change(...restoringRules(value)) })
  }
  return (
    <Part title={settings.rules} says={value.fetch.length === 0 ? settings.rulesNone : settings.rulesSays}>
      <ol className="part-rows">
        {value.fetch.map((rule, index) => (
          <li key={JSON.stringify(rule)}>
            <ListRow
              title={<bdi>{sentence(rule)}</bdi>}
              after={
                <>
                  {index > 0 && (
                    <IconButton name={settings.ruleUp(index + 1)} disabled={busy} onClick={() => up(index)}>
                      <UpIcon />
                    </IconButton>
                  )}
                  <IconButton name={settings.ruleRemove(index + 1)} disabled={busy} onClick={() => void remove(index)}>
                    <CloseIcon />
                  </IconButton>
                </>
              }
            />
          </li>
        ))}
      </ol>
      <Wrong says={wrong} />
      {adding ? (
        <AddRule
          onClose={() => setAdding(false)}
          onAdd={(rule) =>
            void change({ addRule: rule }).then((held) => {
              if (held) setAdding(false)
            })
          }
        />
      ) : (
        <div className="part-buttons">
          <Button icon={<PlusIcon />} onClick={() => setAdding(true)}>
            {settings.ruleAdd}
          </Button>
        </div>
      )}
    </Part>
  )
}

function AddRule({ onAdd, onClose }: { readonly onAdd: (rule: Rule) => void; readonly onClose: () => void }) {
  const { settings } = useWords()
  const formats = useFormats()
  const [decide, setDecide] = useState<'fetch' | 'ask'>('fetch')
  const [from, setFrom] = useState('')
  const [type, setType] = useState('')
  const [size, setSize] = useState('')
  const [network, setNetwork] = useState<Rule['network']>('any')
  const who = from
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((one) => one !== '')
  const kinds = named([
    ['', settings.ruleAny],
    ['video/*', settings.ruleVideo],
    ['audio/*', settings.ruleAudio],
    ['image/*', settings.ruleImage],
  ])
  const sizes = named([
    ['', settings.ruleAnySize],
    ...SIZES.map((bytes): [string, string] => [String(bytes), formats.size(bytes)]),
  ])
  const networks = named<Rule['network']>([
    ['any', settings.ruleAnyNetwork],
    ['unmetered', settings.ruleUnmetered],
    ['local', settings.ruleLocal],
  ])
  return (
    <Sheet title={settings.ruleAdd} onClose={onClose}>
      <form
        className="settings-form"
        onSubmit={(event) => {
          event.preventDefault()
          onAdd({
            decide,
            network,
            ...(who.length > 0 && { from: who }),
            ...(type !== '' && { types: [type] }),
            ...(size !== '' && { sizeBytesMax: Number(size) }),
          })
        }}
      >
        <Choices
          label={settings.ruleDo}
          value={decide}
          onChoose={setDecide}
          choices={[
            { value: 'fetch', name: settings.ruleFetch },
            { value: 'ask', name: settings.ruleAsk },
          ]}
        />
        <Field
          label={settings.ruleFrom}
          hint={settings.ruleFromHint}
          value={from}
          literal
          onChange={(event) => setFrom(event.target.value)}
        />
        <Select label={settings.ruleWhat} value={type} onChoose={setType} choices={kinds} />
        <Select label={settings.ruleSize} value={size} onChoose={setSize} choices={sizes} />
        <Select label={settings.ruleNetwork} value={network} onChoose={setNetwork} choices={networks} />
        <div className="part-buttons">
          <Button kind="main" type="submit">
            {settings.ruleAdd}
          </Button>
        </div>
      </form>
    </Sheet>
  )
}

function named<Value extends string>(all: readonly (readonly [Value, string])[]): Choice<Value>[] {
  return all.map(([value, name]) => ({ value, name }))
}
