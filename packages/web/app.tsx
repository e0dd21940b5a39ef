// The app as a whole: which screen stands where, by what the device says and where the reader is. What a screen shows is its own
// business.

import { lazy } from 'react'
import { useDeviceState } from './device.ts'
import { Announcements } from './look/announce.tsx'
import { useSpatialKeys } from './look/spatial-keys.ts'
import { Toasts } from './look/toast.tsx'
import { Closed, Elsewhere, Opening } from './screens/device-away.tsx'
import { Frame } from './screens/frame.tsx'
import { Room } from './screens/room.tsx'
import { useRoute } from './route.ts'

const FirstVisit = lazy(async () => ({ default: (await import('./screens/first-visit.tsx')).FirstVisit }))
const Unlock = lazy(async () => ({ default: (await import('./screens/unlock.tsx')).Unlock }))
const AdminPage = lazy(async () => ({ default: (await import('./admin/admin-page.tsx')).AdminPage }))

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
  const [first] = useRoute()
  // Whoever runs the server may have no account on it.
  if (first === 'admin') return <Room>{<AdminPage />}</Room>
  switch (device.state) {
    case 'opening':
      return <Opening />
    case 'elsewhere':
      return <Elsewhere />
    case 'none':
      return <Room>{<FirstVisit />}</Room>
    case 'locked':
      return <Room>{<Unlock />}</Room>
    case 'closed':
      return <Closed detail={device.detail} />
    case 'open':
      return <Frame />
  }
}
