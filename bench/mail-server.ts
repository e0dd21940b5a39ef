// The server of the mail benchmarks, as a process of its own: started with a data folder, says its origin and domain to
// its parent, collects garbage when it is spoken to (started with --expose-gc), and drains when it is told to end.

import { startServer } from '@doorpost/server/server'

const [dataFolder = '', policyFile] = process.argv.slice(2)
const server = await startServer({ port: 0, dataFolder, ...(policyFile !== undefined && { policyFile }) })
process.on('message', () => {
  globalThis.gc?.()
  process.send?.('collected')
})
process.send?.({ origin: server.origin, domain: server.domain })
process.once('SIGTERM', () => {
  server.drain().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
