// A list that years make long: so many rows at first, and as many more with each press, which leads to the first of those that came. All that
// is there can be found in the page and read on; what is not is one press away.

import { type ReactNode, useEffect, useRef } from 'react'
import { useWords } from '../words/words.ts'
import { Button } from './button.tsx'
import { useSomeFirst } from './some-first.ts'

export interface MoreRowsProps<One> {
  readonly all: readonly One[]
  readonly step: number
  readonly className?: string
  /** A row: an `li` with its key. */
  readonly children: (one: One) => ReactNode
}

export function MoreRows<One>({ all, step, className, children }: MoreRowsProps<One>) {
  const words = useWords().cards
  const { some, next, showMore } = useSomeFirst(all, step)
  const list = useRef<HTMLUListElement>(null)
  const leadsTo = useRef<number>(undefined)
  useEffect(() => {
    const row = leadsTo.current === undefined ? undefined : list.current?.children[leadsTo.current]
    leadsTo.current = undefined
    row?.querySelector<HTMLElement>('a[href], button:enabled, input:enabled')?.focus({ preventScroll: true })
  }, [some.length])
  return (
    <>
      <ul ref={list} className={className}>
        {some.map(children)}
      </ul>
      {next > 0 && (
        <Button
          kind="quiet"
          onClick={() => {
            leadsTo.current = list.current?.children.length
            showMore()
          }}
        >
          {words.more(next)}
        </Button>
      )}
    </>
  )
}
