// Pages as behind walls that let nothing through: peer-to-peer connections are made, and find no way.

import type { BrowserContext } from 'playwright-core'

/** Before a page is opened. */
export async function findsNoWay(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const Real = RTCPeerConnection
    globalThis.RTCPeerConnection = class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' })
      }
    }
  })
}
