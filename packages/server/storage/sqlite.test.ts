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
