// A page with a device and no screens: tests drive it as screens would.

import { openDevice } from '@doorpost/web/open-device'
import type { DeviceConnection } from '@doorpost/web/device-connection'

declare global {
  var device: DeviceConnection
}

globalThis.device = await openDevice()
