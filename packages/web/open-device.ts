// Which device the page gets: its own, or in a development build with `?pretend` one that only pretends.

/// <reference types="vite/client" />
import type { DeviceConnection } from './device-connection.ts'

/** Resolves at once with a device in state `opening`; the worker's own code arrives beside the page. */
export async function openDevice(): Promise<DeviceConnection> {
  const pretend = new URLSearchParams(location.search).get('pretend')
  if (import.meta.env.DEV && pretend !== null) {
    const { createPretendDevice } = await import('./pretend-device.ts')
    return createPretendDevice(pretend)
  }
  throw new Error('The device is not built yet: open the page with ?pretend.')
}
