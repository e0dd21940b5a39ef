// A device's store in memory keeps the contract of stores. That it and SQLite's hold the same is node/sqlite-store.test.ts's.

import { openMemoryStore } from './memory-store.ts'
import { storeContract } from './store.contract.ts'

storeContract('memory', { open: async () => openMemoryStore() })
