// The data folder remembers the domain of the accounts in it: started under another one, the server would find none of
// them, and lists signed for one domain are worth nothing at another.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StartRefused } from './start-options.ts'

const recordSchema = z.object({ domain: z.string().max(262) })
const FILE_NAME = 'server.json'

export async function recordedDomain(dataFolder: string): Promise<string | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(dataFolder, FILE_NAME), 'utf8'))).domain
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Records the domain, or throws StartRefused when the folder is another domain's. */
export async function recordDomain(dataFolder: string, domain: string): Promise<void> {
  const recorded = await recordedDomain(dataFolder)
  if (recorded === domain) return
  if (recorded !== undefined) {
    throw new StartRefused(
      `The accounts in ${dataFolder} are users of ${recorded}. Start with that domain, or with another data folder.`,
    )
  }
  const file = join(dataFolder, FILE_NAME)
  await writeFile(`${file}.new`, JSON.stringify({ domain }), { mode: 0o600 })
  await rename(`${file}.new`, file)
}
