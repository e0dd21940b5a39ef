// `npm run dev`: a server with two people, and the web app from its sources, shown anew with every change. Alice and Bob are contacts,
// their devices are on-line, and Alice's link makes whoever signs up with it her contact. All of it goes with Ctrl-C.

import { mkdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { once } from 'node:events'
import { buildServiceWorker } from '@doorpost/web/build-service-worker'
import { createServer as createVite } from 'vite'
import { freePort } from '../scripts/free-port.ts'
import { openStage } from './stage.ts'
import { openDevDoor } from './web/dev-door.ts'

const WEB = join(import.meta.dirname, '..', 'packages', 'web')
/** Where the browser goes; beside that of `npm start`. */
const PORT = Number(process.env['DOORPOST_DEV_PORT'] ?? 8026)

const stack = new AsyncDisposableStack()
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())

const [serverPort, vitePort] = [await freePort(), await freePort()]
const domain = `localhost:${PORT}`
const origin = `http://${domain}`
try {
  const stage = stack.use(
    await openStage(async () => ({
      command: [],
      env: {},
      domain,
      origin,
      flags: ['--port', String(serverPort), '--domain', domain, '--origin', origin, '--stun-port', '0'],
    })),
  )
  // Without the app's files: here they come from Vite, and change.
  const shell = join(stage.folder, 'shell')
  await mkdir(shell)
  await buildServiceWorker(shell)
  // A build sets it for production, and what follows would be one.
  process.env['NODE_ENV'] = 'development'
  const ours = process.listeners('SIGTERM')
  const vite = await createVite({
    root: WEB,
    configFile: false,
    cacheDir: join(stage.folder, 'vite'),
    logLevel: 'warn',
    server: { host: '127.0.0.1', port: vitePort, strictPort: true, hmr: { clientPort: PORT } },
    worker: { format: 'es' },
    // All that the page and its device ever import is made ready at the start: what Vite finds later, it loads the page again for.
    optimizeDeps: { entries: ['index.html', 'device-worker.ts', '{admin,cards,link,play,screens}/**/*.tsx'] },
    plugins: [
      {
        name: 'service-worker',
        configureServer({ middlewares }) {
          middlewares.use('/sw.js', (_request, response) => {
            void readFile(join(shell, 'sw.js')).then((bytes) =>
              response.setHeader('content-type', 'text/javascript').end(bytes),
            )
          })
        },
      },
    ],
  })
  stack.defer(() => vite.close())
  // Vite would end the process, and leave the server and the devices behind.
  for (const listener of process.listeners('SIGTERM')) {
    if (!ours.includes(listener)) process.off('SIGTERM', listener)
  }
  await vite.listen()
  const door = await openDevDoor(PORT, serverPort, vitePort)
  stack.defer(() => void door.close())
  await stage.server()
  const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
  await stage.befriend(alice, bob)
  await alice.agent()
  await bob.agent()
  const { link } = await alice.json<{ link: string }>('contacts', 'invite')
  process.stdout.write(`The web app is at ${origin}, from its sources.\n`)
  process.stdout.write(`Sign up as alice's contact at ${link}\n`)
  process.stdout.write(`Be alice in a terminal: npx doorpost chat bob --home ${relative('.', alice.home)}\n`)
  if (!stopped.signal.aborted) await once(stopped.signal, 'abort')
} finally {
  await stack.disposeAsync()
}
