// Two devices of one user, linked as two people at two screens would: `devices add` on the one, `join --link` on the other.

import { expect } from 'vitest'
import { type Person, type Stage, until } from './stage.ts'

/** `device`: a home that nobody has joined from yet; `name`: what it shall be called. */
export async function linkDevices(stage: Stage, primary: Person, device: Person, name: string): Promise<void> {
  const adding = primary.start('devices', 'add', '--yes', '--json')
  const code = (await adding.says(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){6}$/)).trim()
  const joined = await device.run('join', stage.origin, '--link', code.toLowerCase(), '--device', name, '--json')
  expect([joined.code, joined.stderr]).toEqual([0, expect.stringContaining('must show the same fingerprint')])
  expect(JSON.parse(joined.stdout)).toMatchObject({ address: `${primary.name}@${stage.domain}`, device: name })
  await until('the first device to be done', async () => adding.process.exitCode === 0)
  const shown = (JSON.parse(adding.stdout()) as { fingerprint: string }).fingerprint
  expect(joined.stderr).toContain(shown)
}
