// What a link's page has in place of the device of an account: a worker that holds the link. The fragment goes to it and nowhere else.

/// <reference types="vite/client" />
import { connectDevice } from '@doorpost/peer/browser/connect'
import type { DeviceConnection } from '../device-connection.ts'
// oxlint-disable-next-line import/default -- the build makes this module, and its address
import workerUrl from '../link-worker.ts?worker&url'
import { trustedScriptUrl } from '../trusted.ts'

/** Once for each page. `fragment`: what stands behind the # of its address. */
export function openLink(fragment: string): DeviceConnection {
  return connectDevice({
    startWorker() {
      const worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'link' })
      worker.postMessage({ kind: 'begin-link', fragment })
      return worker
    },
  })
}
