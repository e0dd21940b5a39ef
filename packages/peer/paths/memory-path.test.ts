// The path that joins two devices within one process keeps the contract of all paths, so that tests over it hold for the others.

import { openMemoryPath } from './memory-path.ts'
import { contractCaller, pathContract } from './path.contract.ts'

pathContract('memory', (source) => {
  const path = openMemoryPath(source, contractCaller)
  return Promise.resolve({ path, breakLine: () => path.close(), close: () => Promise.resolve(path.close()) })
})
