import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import type { Person, Resolved } from '../identity/person.ts'
import type { PathOpener } from '../paths/openers.ts'
import { findSources } from './sources.ts'

const key = toBase64url(new Uint8Array(32).fill(7))
const laptop = 'alice@example.org/laptop' as DeviceAddress
const phone = 'alice@example.org/phone' as DeviceAddress
const james = 'james@example.org/tv' as DeviceAddress
const there = (device: string, ...addresses: string[]): DevicePresence => ({ device, online: true, addresses })
const gone = (device: string): DevicePresence => ({ device, online: false, addresses: [] })
const person = (more: Partial<Person>): Person =>
  ({
    approved: true,
    blocked: false,
    mutual: true,
    opened: {
      list: {
        devices: [
          { name: 'laptop', key },
          { name: 'phone', key },
          { name: 'tv', key },
        ],
      },
    },
    ...more,
  }) as unknown as Person

async function find(
  sources: DeviceAddress[],
  known: Record<string, Person>,
  said: Record<string, Resolved | Refusal> = {},
  fresh = false,
) {
  const asked: string[] = []
  const doors: unknown[] = []
  const opener: PathOpener = {
    kind: 'direct',
    async open(door) {
      doors.push(door)
      throw new Error('closed')
    },
  }
  const message = { from: laptop, id: 'AAAAAAAAAAAAAAAAAAAAAA' }
  const people = {
    recall: async (user: UserAddress) => known[user],
    resolve: async (user: UserAddress) => {
      asked.push(user)
      const answer = said[user] ?? { kind: 'unreachable' as const }
      if (answer instanceof Refusal) throw answer
      return answer
    },
  }
  const { signal } = new AbortController()
  return {
    found: await findSources({ sources }, { people, openers: [opener], message, fresh, signal }),
    asked,
    doors,
    known,
    signal,
  }
}
const alice = 'alice@example.org'

describe('sources', () => {
  test('[I13] devices of mutual contacts that are on-line, as they were last told of; nobody is asked again', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1'), gone('phone')] }) }
    const { found, asked } = await find([laptop, phone], known)
    expect(found.kind === 'some' && found.sources.map(({ name }) => name)).toEqual([laptop])
    expect(asked).toEqual([])
  })

  test('[I13] a line that broke is opened anew where the device is now', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1')] }) }
    const { found, doors, signal } = await find([laptop], known)
    if (found.kind !== 'some') throw new Error('nobody')
    const open = () => found.sources[0]?.open('direct', signal).catch(() => {})
    await open()
    known[alice] = person({ presence: [there('laptop', '198.51.100.9:2')] })
    await open()
    expect(doors).toMatchObject([{ networkAddresses: ['192.0.2.7:1'] }, { networkAddresses: ['198.51.100.9:2'] }])
  })

  test('[I21] the server is not asked about strangers and blocked users: it would learn who interests us', async () => {
    for (const known of [{}, { [alice]: person({ approved: false }) }, { [alice]: person({ blocked: true }) }]) {
      const { found, asked } = await find([laptop], known, {}, true)
      expect(asked).toEqual([])
      expect(found).toMatchObject({ kind: 'none', mutual: false })
    }
  })

  test('[I13] why nobody is there is a sentence', async () => {
    const reason = async (...args: Parameters<typeof find>) => {
      const { found } = await find(...args)
      return found.kind === 'none' ? found.reason : found.kind
    }
    const away = person({ presence: [gone('laptop'), gone('phone'), gone('tv')] })
    expect(await reason([laptop], { [alice]: away })).toBe(
      "alice's laptop is not on-line. It goes on by itself when it is back.",
    )
    expect(await reason([james], { 'james@example.org': away })).toMatch(/^james' tv is not on-line/)
    expect(await reason([laptop, phone], { [alice]: away })).toMatch(/^No device of alice that has it is on-line/)
    const quiet = person({ presence: [there('laptop')] })
    expect(await reason([laptop], { [alice]: quiet })).toMatch(/is on-line, but does not tell where/)
    expect(await reason([], {})).toMatch(/^You and the sender are not contacts/)
    expect(await reason([laptop], { [alice]: person({ mutual: false }) })).toMatch(/^The server cannot be reached/)
    const lonely = { [alice]: { kind: 'known' as const, person: person({ mutual: false }) } }
    expect(await reason([laptop], { [alice]: person({ mutual: false }) }, lonely)).toMatch(
      /^You and alice are not contacts/,
    )
    const busy = { [alice]: new Refusal('too-many') }
    expect(await reason([laptop], { [alice]: away }, busy, true)).toMatch(/^The server cannot be reached/)
  })
})
