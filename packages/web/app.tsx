// The app as a whole: which screen stands where, by what the device says and where the reader is. What a screen shows is its own
// business.

import { lazy } from 'react'
import { useDeviceState } from './device.ts'
import { Announcements } from './look/announce.tsx'
import { useSpatialKeys } from './look/spatial-keys.ts'
import { Toasts } from './look/toast.tsx'
import { lastSeen } from './last-seen.ts'
import { loadFrame } from './load-frame.tsx'
import { Closed, Elsewhere, Opening } from './screens/device-away.tsx'
import { FirstVisit } from './screens/first-visit.tsx'
import { Room } from './screens/room.tsx'

const Frame = lazy(async () => ({ default: (await loadFrame()).Frame }))
const Unlock = lazy(async () => ({ default: (await import('./screens/unlock.tsx')).Unlock }))

export function App() {
  useSpatialKeys()
  return (
    <>
      <Screen />
      <Toasts />
      <Announcements />
    </>
  )
}

function Screen() {
  const device = useDeviceState()
  switch (device.state) {
    case 'opening':
      return expected()
    case 'elsewhere':
      return <Elsewhere />
    case 'none':
      return <FirstVisit />
    case 'locked':
      return <Room>{<Unlock />}</Room>
    case 'closed':
      return <Closed {...device} />
    case 'open':
      return <Room>{<Frame />}</Room>
  }
}

/** The very elements that will stand there if it is as it was, so that what was typed or opened meanwhile stays. */
function expected() {
  switch (lastSeen()) {
    case 'none':
      return <FirstVisit />
    case 'open':
      return <Room>{<Frame />}</Room>
    case 'locked':
      return <Opening />
  }
}
