// The set of all wire schemas is pinned to the protocol's version: whoever changes a message sees this test fail, and decides
// whether older programs still understand (then the hash is renewed) or not (then the version grows as well).

import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { PROTOCOL_VERSION } from './version.ts'

/** SHA-256 of the JSON Schemas of every exported schema, by version of the protocol. */
const pinned: Readonly<Record<number, string>> = {
  1: 'c313c1a744cc9a99e5c9a52d8d1f50c17956694ef8d3e2822b8eead463be3c3d',
}

async function exportedSchemas(): Promise<[string, unknown][]> {
  const files = ['.', './messages'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, import.meta.url))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => `${folder}/${file}`),
  )
  const found: [string, unknown][] = []
  for (const file of files.toSorted()) {
    const exports = (await import(file)) as Record<string, unknown>
    for (const name of Object.keys(exports).toSorted()) {
      const value = exports[name]
      if (value instanceof z.ZodType) found.push([`${file} ${name}`, z.toJSONSchema(value, { io: 'input' })])
    }
  }
  return found
}

test('[M40] the messages are those of this version of the protocol', async () => {
  const schemas = await exportedSchemas()
  const names = schemas.map(([name]) => name)
  for (const name of [
    './envelope.ts envelopeSchema',
    './device-list.ts deviceListSchema',
    './messages/session.ts pushSchema',
  ]) {
    expect(names).toContain(name)
  }
  const hash = createHash('sha256').update(JSON.stringify(schemas)).digest('hex')
  expect(hash, 'a message changed: renew this hash, and PROTOCOL_VERSION if older programs would misunderstand').toBe(
    pinned[PROTOCOL_VERSION],
  )
})
