import { openMemoryPath } from './memory-path.ts'
import { contractCaller, pathContract } from './path.contract.ts'

pathContract('memory', (source) => {
  const path = openMemoryPath(source, contractCaller)
  return Promise.resolve({ path, breakLine: () => path.close(), close: () => Promise.resolve(path.close()) })
})
