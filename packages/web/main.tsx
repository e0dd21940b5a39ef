// The page's entry: opens the device and puts the app around it. Everything else is imported from here.

import { lazy, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { DeviceProvider } from './device.ts'
import { lastSeen, noteSeen } from './last-seen.ts'
import { loadFrame } from './load-frame.tsx'
import { refuseStrayDrops } from './look/stray-drops.ts'
import { openDevice } from './open-device.ts'
import { noteArrival } from './screens/arrived.ts'
import { Room } from './screens/room.tsx'
import { startWords } from './words/words.ts'
import './look/look.css'

/** What a link's recipient sees needs no account here; it opens what it needs by itself. */
const LinkPage = lazy(async () => {
  const [{ LinkPage: Shown }, { openLink }] = await Promise.all([
    import('./link/link-page.tsx'),
    import('./link/open-link.ts'),
  ])
  const device = openLink(location.hash.slice(1))
  return { default: () => <Shown device={device} /> }
})

const place = document.getElementById('app')
if (!place) throw new Error('The page has no place for the app.')
const root = createRoot(place)
noteArrival()
refuseStrayDrops(globalThis)
const isLink = location.pathname === '/l'
// Asked for beside the words and the device; where it does not come, the room that it stands in says so.
if (!isLink && lastSeen() === 'open') loadFrame().catch(() => {})
// Not awaited: what is asked for meanwhile stands in files that need this one whole.
void begin()

async function begin(): Promise<void> {
  await startWords()
  if (isLink) {
    root.render(
      <StrictMode>
        <Room>{<LinkPage />}</Room>
      </StrictMode>,
    )
  } else {
    const device = await openDevice(lastSeen() === 'none' ? firstPicture() : undefined)
    device.onState(noteSeen)
    root.render(
      <StrictMode>
        <DeviceProvider value={device}>
          <App />
        </DeviceProvider>
      </StrictMode>,
    )
  }
}

/** Somebody who comes for the first time reads and types first: the device's script leaves the processor to that. */
function firstPicture(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
}
