// A component whose script may be here before it is shown: then it stands at once. React's own `lazy` shows the empty place first even
// so, and fills it no sooner than 300 ms after (FALLBACK_THROTTLE_MS of react-dom), which somebody who tapped a film would wait.

import { type ComponentType, createElement, lazy, type ReactNode, useState } from 'react'

export interface AtHand<Props> {
  /** Stands within a Suspense, for where its script is not here yet. */
  readonly Shown: ComponentType<Props>
  /** Asks for its script. Rejects where that does not come; showing it asks again. */
  load(): Promise<void>
}

/** `load`: imports it; asked again after it failed. */
export function atHand<Props extends object>(load: () => Promise<ComponentType<Props>>): AtHand<Props> {
  let here: ComponentType<Props> | undefined
  const loaded = async () => (here = await load())
  const Later = lazy(async () => ({ default: await loaded() })) as ComponentType<Props>
  function Shown(props: Props): ReactNode {
    // What it was shown by stays: the other would be another component to React, and begin anew.
    const [shown] = useState(() => here ?? Later)
    return createElement(shown, props)
  }
  return {
    Shown,
    async load() {
      await loaded()
    },
  }
}
