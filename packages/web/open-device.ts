// Which device the page gets: its own, or in a development build with `?pretend` one that only pretends.

/// <reference types="vite/client" />
import { connectDevice } from '@doorpost/peer/browser/connect'
import type { DeviceConnection } from './device-connection.ts'
// oxlint-disable-next-line import/default -- the build makes this module, and its address
import workerUrl from './device-worker.ts?worker&url'
import { trustedScriptUrl } from './trusted.ts'

/** Once for each page. Resolves at once with a device in state `opening`; the worker's own code arrives beside the page, or `after`. */
export async function openDevice(after?: Promise<void>): Promise<DeviceConnection> {
  const pretend = new URLSearchParams(location.search).get('pretend')
  if (import.meta.env.DEV && pretend !== null) {
    const { createPretendDevice } = await import('./pretend-device.ts')
    return createPretendDevice(pretend)
  }
  return connectDevice({
    startWorker: () => new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'device' }),
    after,
  })
}
