// Who may sign up, and how much of everything: each with its unit and what it is otherwise. A change holds when it is saved, and can be
// taken back where it was made.

import { useState } from 'react'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { Choices, Field } from '../look/field.tsx'
import { useFocusKept } from '../look/focus-kept.ts'
import { toast } from '../look/toast.tsx'
import { useDoing } from '../screens/doing.ts'
import { Part, Wrong } from '../screens/page.tsx'
import { troubleText, useFormats } from '../words/words.ts'
import { type Limit, readLimit, writtenOf } from './limit-fields.ts'
import { useAdminWords } from './words.ts'

const GROUPS = {
  signUp: ['registration', 'invite', 'quotas.accounts'],
  mail: ['quotas.messages', 'quotas.bytes', 'sizes.messageBytes', 'sizes.recipients'],
  tunnel: [
    'tunnel.userBytesPerSecond',
    'tunnel.serverBytesPerSecond',
    'tunnel.userBytesPerDay',
    'tunnel.serverBytesPerDay',
    'tunnel.userTunnels',
    'tunnel.serverTunnels',
  ],
  live: [
    'live.bytesPerSecond',
    'live.connections',
    'live.broadcastBytesPerSecond',
    'live.broadcastViewers',
    'live.userBroadcasts',
    'live.userWatches',
  ],
} as const

type Change = (limit: Limit, value: number | string | null) => Promise<boolean>

export function Limits() {
  const { limits: words } = useAdminWords()
  const peer = usePeer()
  const { value, trouble, again } = useAsked('admin.limits', {})
  const { wrong, run } = useDoing()
  const set = (name: string, to: number | string | null) =>
    run(async () => {
      await peer.do('admin.set', { changes: { [name]: to } })
      again()
    })
  const change: Change = async (limit, to) => {
    const held = await set(limit.name, to)
    const before = limit.isSet ? limit.value : null
    if (held) toast({ text: words.saved, undo: () => void set(limit.name, before) })
    return held
  }
  const byName = new Map(value?.limits.map((limit) => [limit.name, limit]))
  const named = (names: readonly string[]) => names.flatMap((name) => byName.get(name) ?? [])
  const grouped = new Set<string>(Object.values(GROUPS).flat())
  const others = value?.limits.filter(({ name }) => !grouped.has(name)) ?? []
  return (
    <Part title={words.title} says={words.says}>
      <Wrong says={wrong ?? (trouble && troubleText(trouble))} />
      <Group limits={named(GROUPS.signUp)} change={change} />
      {(['mail', 'tunnel', 'live'] as const).map((group) => (
        <details key={group} className="details">
          <summary>{words[group]}</summary>
          <Group limits={named(GROUPS[group])} change={change} />
        </details>
      ))}
      {others.length > 0 && (
        <details className="details">
          <summary>{words.requests}</summary>
          <p className="quiet">{words.requestsSays}</p>
          <Group limits={others} change={change} />
        </details>
      )}
    </Part>
  )
}

function Group({ limits, change }: { readonly limits: readonly Limit[]; readonly change: Change }) {
  return (
    <div className="admin-limits">
      {limits.map((limit) =>
        limit.choices ? (
          <ChoiceOf key={limit.name} limit={limit} change={change} />
        ) : (
          <NumberOf key={limit.name} limit={limit} change={change} />
        ),
      )}
    </div>
  )
}

function ChoiceOf({ limit, change }: { readonly limit: Limit; readonly change: Change }) {
  const { limits: words } = useAdminWords()
  return (
    <Choices<string>
      label={words.names[limit.name] ?? limit.name}
      value={String(limit.value)}
      onChoose={(chosen) => change(limit, chosen === limit.unset ? null : chosen)}
      choices={(limit.choices ?? []).map((value) => ({ value, name: words.choices[value] ?? value }))}
    />
  )
}

function NumberOf({ limit, change }: { readonly limit: Limit; readonly change: Change }) {
  const { limits: words } = useAdminWords()
  const formats = useFormats()
  const [typed, setTyped] = useState<string>()
  const kept = useFocusKept()
  const unitText = (unit: string) => unit.replace('/day', words.perDay)
  const said = (bound: number) => {
    const { value: number, unit } = writtenOf(limit, bound)
    return number === undefined ? words.noBound : `${formats.number(number)} ${unitText(unit)}`.trim()
  }
  const now = writtenOf(limit, Number(limit.value))
  const shown = typed ?? String(now.value ?? '')
  const value = readLimit(limit, shown, now.each)
  const name = words.names[limit.name] ?? limit.name
  const after =
    limit.perSeconds === undefined ? unitText(now.unit) : words.perSeconds(formats.duration(limit.perSeconds * 1000))
  const isChanged = typed !== undefined && value !== limit.value
  return (
    <form
      className="admin-limit"
      onSubmit={(event) => {
        event.preventDefault()
        if (value === undefined) return
        void change(limit, value === limit.unset ? null : value).then((held) => {
          if (held) setTyped(undefined)
        })
      }}
    >
      <Field
        label={name}
        hint={limit.isSet ? words.unset(said(Number(limit.unset))) : undefined}
        wrong={isChanged && value === undefined ? words.wrong(said(limit.min ?? 0), said(limit.max ?? 0)) : undefined}
        after={after === '' ? undefined : after}
        inputMode="decimal"
        autoComplete="off"
        placeholder={now.value === undefined ? words.noBound : undefined}
        value={shown}
        onChange={(event) => setTyped(event.target.value)}
      />
      <div className="admin-limit-do" {...kept}>
        {isChanged && (
          <Button kind="main" type="submit" disabled={value === undefined}>
            {words.save}
          </Button>
        )}
        {limit.isSet && !isChanged && (
          <Button
            kind="quiet"
            aria-label={words.resetThat(name)}
            onClick={() => {
              setTyped(undefined)
              void change(limit, null)
            }}
          >
            {words.reset}
          </Button>
        )}
      </div>
    </form>
  )
}
