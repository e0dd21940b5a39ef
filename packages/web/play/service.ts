// The service worker as the page knows it: it is started after the first screen, media are given out through it, and a new version
// of the app waits until its user wants it.

/// <reference types="vite/client" />
import { useSyncExternalStore } from 'react'
import { tabMemory } from '../page-memory.ts'
import { trustedScriptUrl } from '../trusted.ts'
import { createAppUpdate } from './app-update.ts'
import { createMediaServing, type MediaServing } from './served-media.ts'

/** How often a page that stays open asks for a new version, ms; a browser asks by itself at every visit. */
const LOOK_AGAIN_MS = 60 * 60_000
/** A worker that is ready claims its pages at once, ms. */
const CLAIM_MS = 3_000

interface Service {
  /** False in browsers without one, and in private windows of some: then media are saved or fetched whole. */
  readonly isPossible: boolean
  /** Media can be given out from here on. Rejects where it cannot. */
  ready(): Promise<MediaServing>
}

function createService() {
  // The development server has none: its parts change under their names.
  const container = !import.meta.env.DEV && 'serviceWorker' in navigator ? navigator.serviceWorker : undefined
  let serving: Promise<MediaServing> | undefined
  const update =
    container &&
    createAppUpdate({
      container,
      memory: tabMemory,
      reload: () => location.reload(),
      after: (ms, run) => void setTimeout(run, ms),
    })

  async function begin(): Promise<MediaServing> {
    if (!container) throw new Error('no service worker in this browser')
    const registration = await container.register(trustedScriptUrl('/sw.js'), { updateViaCache: 'none' })
    update?.watch(registration)
    // Off-line there is nothing new to be had.
    setInterval(() => void registration.update().catch(() => {}), LOOK_AGAIN_MS)
    await controlled(container)
    return createMediaServing(container)
  }

  const service: Service = {
    isPossible: container !== undefined,
    ready: () => (serving ??= begin()),
  }
  return { service, update }
}

/** A page that was loaded past its worker (by Shift and reload) is never controlled: told by a rejection. */
async function controlled(container: ServiceWorkerContainer): Promise<void> {
  if (container.controller) return
  await container.ready
  if (container.controller) return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the service worker does not answer for this page')), CLAIM_MS)
    container.addEventListener(
      'controllerchange',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}

const made = createService()

/** Starts the service worker where there is one; `ready` does so too. Call it once the first screen stands. */
export const mediaService: Service = made.service

/** Whether a newer version of the app is here and waits; `takeOver` loads the page anew with it. */
export function useUpdate(): { readonly waits: boolean; takeOver(): void } {
  const { update } = made
  const waits = useSyncExternalStore(update?.onChange ?? never, () => update?.isHere() ?? false)
  return { waits, takeOver: () => update?.takeOver() }
}

const never = () => () => undefined
