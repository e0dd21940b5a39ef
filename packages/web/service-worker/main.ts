// The service worker: serves media to the page's own players from verified pieces, and the app itself when there is no network.

declare const self: ServiceWorkerGlobalScope

self.addEventListener('install', () => void self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

export {}
