// The contracts of what a device has from its browser, run in that browser: by the page for what pages have, by its worker for the rest.

import { trustedScriptUrl } from '@doorpost/web/trusted'
// oxlint-disable-next-line import/default -- the build makes this module, and its address
import workerUrl from './worker.ts?worker&url'

declare global {
  var contracts: Promise<unknown>
}

globalThis.contracts = new Promise((resolve, reject) => {
  const worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module' })
  worker.onmessage = ({ data }) => resolve(data)
  worker.onerror = ({ message }) => reject(new Error(message))
})
