// The server of the tunnel benchmark, in its own process: started with a data folder, says its origin and domain to its parent,
// and its processor time and memory whenever it is spoken to.

import { startServer } from '@doorpost/server/server'

const server = await startServer({ port: 0, dataFolder: process.argv[2] ?? '' })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() })
})
process.send?.({ origin: server.origin, domain: server.domain })
// A benchmark that broke off leaves nobody behind.
process.once('disconnect', () => process.exit(1))
process.once('SIGTERM', () => {
  server.drain().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
