// Storage in memory keeps the contract of storage, so that tests over it hold for the disk.

import { memoryStorage } from './memory.ts'
import { storageContract } from './storage.contract.ts'

storageContract(async () => memoryStorage())
