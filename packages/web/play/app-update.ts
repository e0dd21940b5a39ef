// A newer version of the app: whether one is here, and how this page goes over to it when its user wants that. Nothing changes under
// anybody's hands before; a page that another tab left behind goes on with its own parts (service-worker/shell.ts).

import type { PageMemory } from '../page-memory.ts'
import { TAKE_OVER } from './media-messages.ts'

/** A browser lets the old worker finish what it gives out, a film that plays, say: then the page goes first, ms. */
const GO_FIRST_MS = 1_500
/** After a page that went first is loaded: a worker that takes over within this time was waited for, ms. */
const WAITED_FOR_MS = 15_000
/** Of this tab: it is going over. */
const KEPT_AS = 'doorpost-updating'

interface Worker {
  postMessage(message: unknown): void
}

/** As much of a ServiceWorkerRegistration. */
export interface Registration {
  readonly waiting: Worker | null
  readonly installing: Pick<EventTarget, 'addEventListener'> | null
  addEventListener(type: 'updatefound', listener: () => void): void
}

export interface AppUpdateOptions {
  /** `navigator.serviceWorker`. */
  readonly container: Pick<EventTarget, 'addEventListener'> & { readonly controller: unknown }
  readonly memory: Pick<PageMemory, 'getItem' | 'setItem' | 'removeItem'>
  reload(): void
  /** Calls `run` once, so much later. */
  after(ms: number, run: () => void): void
}

export interface AppUpdate {
  /** Once the service worker is registered. */
  watch(registration: Registration): void
  isHere(): boolean
  takeOver(): void
  onChange(listener: () => void): () => void
}

export function createAppUpdate({ container, memory, reload, after }: AppUpdateOptions): AppUpdate {
  let waiting: Worker | null = null
  /** Another tab went over, so that this page is older than its worker. */
  let isLeftBehind = false
  let isTakingOver = false
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  return {
    watch(registration) {
      let isControlled = container.controller !== null
      const note = () => {
        // The first version of all waits for nobody.
        waiting = container.controller ? registration.waiting : null
        tell()
      }
      registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', note))
      container.addEventListener('controllerchange', () => {
        if (isTakingOver) return reload()
        isLeftBehind = isControlled
        isControlled = true
        note()
      })
      note()
      if (memory.getItem(KEPT_AS) === null) return
      memory.removeItem(KEPT_AS)
      isTakingOver = true
      after(WAITED_FOR_MS, () => {
        isTakingOver = false
      })
      waiting?.postMessage(TAKE_OVER)
    },
    isHere: () => waiting !== null || isLeftBehind,
    takeOver() {
      if (!waiting) return reload()
      isTakingOver = true
      waiting.postMessage(TAKE_OVER)
      after(GO_FIRST_MS, () => {
        memory.setItem(KEPT_AS, 'yes')
        reload()
      })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
