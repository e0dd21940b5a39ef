// The service worker: gives media to the page's own players from verified pieces, and the app itself when there is no network. It
// remembers nothing between two requests, since a browser ends it whenever it likes. Built as one file.

import { MEDIA_FOLDER, TAKE_OVER } from '../play/media-messages.ts'
import { openNotice } from './notice-click.ts'
import { answerMedia } from './media-requests.ts'
import { answerShell, keepShell, leaveOldShells } from './shell.ts'

declare const self: ServiceWorkerGlobalScope

// A new version waits until its user says so (or every tab is closed): nothing changes under somebody's hands.
self.addEventListener('install', (event) => event.waitUntil(keepShell()))
self.addEventListener('activate', (event) => event.waitUntil(leaveOldShells().then(() => self.clients.claim())))

self.addEventListener('message', ({ data }) => {
  // Anything else keeps this worker awake by having been heard.
  if (data === TAKE_OVER) void self.skipWaiting()
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openNotice(event.notification.data, self.clients))
})

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  if (origin !== location.origin) return
  if (pathname.startsWith(MEDIA_FOLDER)) {
    event.respondWith(answerMedia(event.request, self.clients))
    return
  }
  const answer = answerShell(event.request)
  if (answer) event.respondWith(answer)
})
