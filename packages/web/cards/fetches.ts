// The fetches that this tab asked for or listens to, beyond the card that shows them: what each told last, and how to begin and
// end one. A fetch goes on when its card is gone.

import { useEffect, useSyncExternalStore } from 'react'
import { KEPT_FOLDER, type DeviceConnection, type Trouble } from '../device-connection.ts'
import { useDevice } from '../device.ts'
import type { FetchView } from './card-state.ts'

interface Fetches {
  /** Asks for it, or listens to a fetch that runs already. `what`: a message id, or a media's handle URL. */
  start(id: string, what?: string): void
  pause(id: string): Promise<void>
  view(id: string): FetchView | undefined
  isListening(id: string): boolean
  /** Something of any of them changed. The returned function ends it. */
  onChange(listener: () => void): () => void
}

/** One for each device: cards of the same message tell the same. */
const known = new WeakMap<DeviceConnection, Fetches>()

function fetchesOf(device: DeviceConnection): Fetches {
  const one = known.get(device) ?? createFetches(device)
  known.set(device, one)
  return one
}

function createFetches(device: DeviceConnection): Fetches {
  const views = new Map<string, FetchView>()
  /** How many calls of each message run: a message may be fetched in parts. */
  const running = new Map<string, number>()
  const listeners = new Set<() => void>()
  const set = (id: string, view: FetchView | undefined) => {
    if (view) views.set(id, view)
    else views.delete(id)
    for (const listener of listeners) listener()
  }
  return {
    start(id, what = id) {
      running.set(id, (running.get(id) ?? 0) + 1)
      set(id, {})
      device
        .do(
          'get',
          { what, folder: KEPT_FOLDER },
          {
            onProgress(progress) {
              if (progress.kind === 'fetching') set(id, { progress })
              else if (progress.kind === 'waiting') set(id, { waits: progress.reason })
            },
          },
        )
        .then(
          () => set(id, undefined),
          (error: unknown) => {
            const { code, message } = error as Trouble
            set(id, code === 'cancelled' ? undefined : { trouble: { code, says: message } })
          },
        )
        .finally(() => running.set(id, (running.get(id) ?? 1) - 1))
    },
    async pause(id) {
      await device.do('pause', { id })
    },
    view: (id) => views.get(id),
    isListening: (id) => (running.get(id) ?? 0) > 0,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export interface OneFetch {
  readonly view: FetchView | undefined
  /** `what`: a handle URL where not all of it is wanted. */
  start(what?: string): void
  pause(): Promise<void>
}

/** `running`: the device says that it is being fetched or waits; then this listens, whoever asked for it. */
export function useFetch(id: string, running: boolean): OneFetch {
  const fetches = fetchesOf(useDevice())
  const view = useSyncExternalStore(fetches.onChange, () => fetches.view(id))
  useEffect(() => {
    if (running && !fetches.isListening(id)) fetches.start(id)
  }, [fetches, id, running])
  return { view, start: (what) => fetches.start(id, what), pause: () => fetches.pause(id) }
}
