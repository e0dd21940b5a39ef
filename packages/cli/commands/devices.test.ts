// The commands about this user's own devices, against a device that answers as told; with real ones they are in
// devices-story.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OwnDevices } from '@doorpost/peer/operations'
import { openLog } from '@doorpost/server/log'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'
import { openPeer } from '../open-peer.ts'

const CODE = '008J-4CT4-ANK7-F24S-NAXW-SQFE-ZYM0'
const offer = { code: CODE, link: `http://localhost:8025/link#v1.${CODE}`, expires: '2026-05-03T14:12:00.000Z' }
const own: OwnDevices = {
  canSign: true,
  devices: [
    { name: 'laptop', createdAt: '2026-05-01T10:00:00.000Z', primary: true, thisOne: true, online: true },
    { name: 'tower', createdAt: '2026-05-02T10:00:00.000Z', primary: false, thisOne: false, online: false },
    {
      name: 'old',
      createdAt: '2026-04-02T10:00:00.000Z',
      revokedAt: '2026-05-02T10:00:00.000Z',
      primary: false,
      thisOne: false,
    },
  ],
}
const answers = {
  devices: () => own,
  'devices.offer': () => offer,
  'devices.await': () => ({ name: 'tower', fingerprint: 'F'.repeat(43) }),
  'devices.confirm': () => own,
  'devices.revoke': () => own,
}

describe('devices', () => {
  test('[DEV9] lists them: which is this one, which holds the account key, which is there', async () => {
    const it = fake({ answers })
    expect(await it.run('devices')).toBe(0)
    expect(it.out()).toMatch(/^laptop +this device, holds the account key +on-line/m)
    expect(it.out()).toMatch(/^tower +away/m)
    expect(it.out()).toMatch(/^old +revoked/m)
    const other = fake({ answers: { devices: () => ({ ...own, canSign: false }) } })
    await other.run('devices')
    expect(other.err()).toContain('Devices are added and revoked on laptop alone.')
    const json = fake({ answers })
    await json.run('devices', '--json')
    expect(JSON.parse(json.out())).toEqual(own)
  })

  test('[DEV9] add shows the code, then the device and its fingerprint, and asks', async () => {
    for (const [reply, yes] of [
      ['y', true],
      ['no', false],
      ['', false],
    ] as const) {
      const it = fake({ answers, reply, terminal: true, env: { NO_COLOR: '1' } })
      expect(await it.run('devices', 'add')).toBe(0)
      expect(it.out()).toBe(yes ? `${CODE}\ntower is a device of yours now.\n` : `${CODE}\nNothing was added.\n`)
      expect(it.err()).toContain(`doorpost join http://localhost:8025 --link ${CODE}\n`)
      expect(it.err()).toMatch(/[▀▄█]{5}/)
      expect(it.err()).toContain(`Its screen must show the same fingerprint: ${'F'.repeat(43)}\n`)
      expect(it.asked.at(-1)).toEqual({
        name: 'devices.confirm',
        args: { code: CODE, fingerprint: 'F'.repeat(43), yes },
      })
    }
  })

  test('[DEV9] a script says --yes, or takes the code and goes on later', async () => {
    const unasked = fake({ answers })
    expect(await unasked.run('devices', 'add')).toBe(64)
    expect(unasked.asked).toEqual([])
    const json = fake({ answers })
    await json.run('devices', 'add', '--yes', '--json')
    expect(JSON.parse(json.out())).toMatchObject({ added: true, name: 'tower' })
    expect(json.err()).toMatch(new RegExp(`^${CODE}$`, 'm'))
    const first = fake({ answers })
    await first.run('devices', 'add', '--no-wait', '--json')
    expect(JSON.parse(first.out())).toEqual(offer)
    const later = fake({ answers })
    await later.run('devices', 'add', '--code', CODE, '--yes')
    expect(later.asked.map(({ name }) => name)).toEqual(['devices.await', 'devices.confirm'])
  })

  test('[DEV9] revoke needs a name, and says what the device keeps', async () => {
    expect(await fake({ answers }).run('devices', 'revoke')).toBe(64)
    expect(await fake({ answers }).run('devices', 'list', 'tower')).toBe(64)
    const it = fake({ answers })
    expect(await it.run('devices', 'revoke', 'tower')).toBe(0)
    expect(it.asked).toEqual([{ name: 'devices.revoke', args: { name: 'tower' } }])
    expect(it.err()).toContain('What it has fetched and read it keeps.')
  })
})

test('[DEV6] what cannot be a code or a server is a mistake of the command line', async () => {
  for (const words of [
    ['link', 'http://localhost:8025'],
    ['link', 'http://localhost:8025', `${CODE.slice(0, -1)}X`],
    ['link', 'http://example.org', CODE],
    ['join', 'http://localhost:8025'],
    ['join', 'http://localhost:8025', 'bob', '--link', CODE],
  ]) {
    expect([words, await fake().run(...words)]).toEqual([words, 64])
  }
})

describe('with a server', () => {
  let folder: string
  let server: RunningServer
  const here = (more: Parameters<typeof fake>[0] = {}) =>
    fake({ cwd: folder, now: Date.now, openPeer: (home) => openPeer(home, AbortSignal.timeout(30_000)), ...more })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doorpost-devices-'))
    server = await startServer({ port: 0, dataFolder: join(folder, 'data'), logger: openLog('silent') })
  })
  afterAll(async () => {
    await server.drain()
    rmSync(folder, { recursive: true, force: true })
  })

  test('[DEV14] recover asks for the words unseen, tells what is gone, and goes on where it was cut off', async () => {
    const joined = here()
    await joined.run('join', server.origin, 'rosa', '--home', 'R', '--device', 'laptop', '--json', '--words')
    const { words } = JSON.parse(joined.out()) as { words: string[] }
    const wrong = here({ secrets: ['not the words'] })
    expect(await wrong.run('recover', server.origin, 'rosa', '--home', 'R3', '--device', 'third')).toBe(77)
    expect(wrong.err()).toContain('Compare them with your paper')
    const it = here({ secrets: [words.join(' ')] })
    expect(await it.run('recover', server.origin, 'rosa', '--home', 'R3', '--device', 'third')).toBe(0)
    expect(it.err()).toContain('Your twelve recovery words: ')
    expect(it.err()).toContain('Revoked: laptop. Mail that waited for them cannot be read any more.')
    expect(it.out()).toBe(`You are rosa@${server.domain}, and this device is called third.\n`)
    expect(it.err() + it.out()).not.toContain(words.slice(0, 3).join(' '))
  })

  test('[DEV40] [DEV41] export asks twice, import once; --move closes the home until --stay opens it', async () => {
    await here().run('join', server.origin, 'emma', '--home', 'E', '--device', 'laptop', '--no-words')
    const slip = here({ secrets: ['a long passphrase', 'a long passphrasf'] })
    expect(await slip.run('export', 'e.doorpost', '--home', 'E')).toBe(64)
    const it = here({ secrets: ['a long passphrase', 'a long passphrase'] })
    expect(await it.run('export', 'e.doorpost', '--home', 'E', '--move')).toBe(0)
    expect(it.out()).toBe(`${join(folder, 'e.doorpost')}\n`)
    expect(readFileSync(join(folder, 'e.doorpost'), 'latin1')).not.toContain('emma')
    const closed = here()
    expect(await closed.run('whoami', '--home', 'E')).toBe(69)
    expect(closed.err()).toContain('doorpost export --stay')
    writeFileSync(join(folder, 'pass'), 'a long passphrase\nand a remark\n')
    const there = here()
    expect(await there.run('import', 'e.doorpost', '--home', 'E2', '--passphrase-file', 'pass', '--json')).toBe(0)
    expect(JSON.parse(there.out())).toMatchObject({ address: `emma@${server.domain}`, device: 'laptop' })
    expect(await here().run('export', '--stay', 'x', '--home', 'E')).toBe(64)
    expect(await here().run('export', '--stay', '--home', 'E')).toBe(0)
    expect(await here().run('whoami', '--home', 'E')).toBe(0)
  }, 60_000)
})
