// Storage on SQLite keeps the contract of storage. What only a file has, its locks and modes, is sqlite-file.test.ts's; kills are
// sqlite-crash.test.ts's.

import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStorage } from './sqlite.ts'
import { storageContract } from './storage.contract.ts'

storageContract(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doorpost-storage-'))
  const storage = await openSqliteStorage({ folder })
  return {
    ...storage,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
})
