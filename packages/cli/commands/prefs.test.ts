import type { Operations } from '@doorpost/peer/operations'
import { firstPreferences } from '@doorpost/protocol/preferences'
import { expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'

const answers = { prefs: () => firstPreferences(), 'prefs.change': () => firstPreferences() }

/** What the device was asked to change; undefined where nothing was asked. */
async function asked(...words: string[]): Promise<unknown> {
  const it = fake({ answers })
  expect(await it.run('prefs', ...words)).toBe(0)
  return (it.asked.find(({ name }) => name === 'prefs.change')?.args as { edits: unknown } | undefined)?.edits
}

test('[RUL20] prefs shows everything in words, and whole with --json', async () => {
  const it = fake({ answers })
  expect(await it.run('prefs')).toBe(0)
  expect(it.out()).toMatch(/^Comes first +nobody\nJunk +nobody\n/)
  expect(it.asked).toEqual([{ name: 'prefs', args: {} }])
  const json = fake({ answers })
  await json.run('prefs', 'show', '--json')
  expect(JSON.parse(json.out())).toEqual(firstPreferences())
})

test.each([
  [['priority', 'add', 'bob'], { add: 'priority', who: 'bob' }],
  [['junk', 'add', 'spam.example'], { add: 'junk', who: 'spam.example' }],
  [['junk', 'remove', 'spam.example'], { remove: 'junk', who: 'spam.example' }],
  [['open-to', 'add', 'bob', '--yes'], { add: 'openTo', who: 'bob' }],
  [['tunnel-only', 'add', 'bob'], { add: 'tunnelOnly', who: 'bob' }],
  [['set', 'requests-per-day', '5'], { set: { requestsPerDay: 5 } }],
  [['set', 'serve-copies', 'off'], { set: { serve: { copies: false } } }],
  [['set', 'serve-rate', '2M'], { set: { serve: { bytesPerSecond: 2_000_000 } } }],
  [['set', 'serve-rate', 'none'], { set: { serve: { bytesPerSecond: 0 } } }],
  [['set', 'serve-hours', '9:30-17:00'], { set: { serve: { hours: { from: '09:30', to: '17:00' } } } }],
  [['set', 'when-fetched', 'archive'], { set: { sent: { whenFetched: 'archive' } } }],
  [['set', 'remind-hours', '0'], { set: { sent: { remindHours: 0 } } }],
  [['set', 'marks', 'off'], { set: { marks: 'off' } }],
  [['set', 'tell-received', 'on'], { set: { tellReceived: 'on' } }],
  [['serve', '--hours', 'none'], { set: { serve: { hours: null } } }],
  [['fetch', 'remove', '2'], { removeRule: 2 }],
  [['fetch', 'add'], { addRule: { decide: 'fetch' } }],
  [['reset'], { reset: 'all' }],
  [['reset', 'open-to'], { reset: 'openTo' }],
] as const)('[RUL20] prefs %s', async (words, edit) => {
  expect(await asked(...words)).toEqual([edit])
})

test('[RUL20] a fetching rule and serving take all their options at once', async () => {
  const rule = [
    '--from',
    'bob',
    '--from',
    'crew.example',
    '--type',
    'Video/*',
    '--size-max',
    '2G',
    '--network',
    'local',
  ]
  expect(await asked('fetch', 'add', ...rule, '--then', 'ask', '--first')).toEqual([
    {
      addRule: {
        from: ['bob', 'crew.example'],
        types: ['video/*'],
        sizeBytesMax: 2e9,
        network: 'local',
        decide: 'ask',
      },
      first: true,
    },
  ])
  expect(await asked('serve', '--copies', 'on', '--rate', '1.5M', '--hours', '22:00-06:00')).toEqual([
    { set: { serve: { copies: true } } },
    { set: { serve: { bytesPerSecond: 1_500_000 } } },
    { set: { serve: { hours: { from: '22:00', to: '06:00' } } } },
  ])
})

test.each([
  [['set', 'requests-per-day', '2000'], 'requests-per-day takes a number from 0 to 1000, not "2000".'],
  [['set', 'requests', '2'], 'Did you mean'],
  [['set', 'serve-hours', '25:00-06:00'], 'serve-hours takes times such as 22:00-06:00, or none'],
  [['set', 'serve-rate', 'fast'], 'serve-rate takes a size such as 500M or 2G, not "fast".'],
  [['set', 'junk'], 'needs a name and a value'],
  [['junk', 'add'], 'needs WHO'],
  [['junk', 'put', 'bob'], 'takes add or remove'],
  [['fetch', 'remove', 'first'], 'needs the number of a rule'],
  [['fetch', 'add', '--type', 'films'], "--type takes a media type such as 'video/*'"],
  [['junk', 'add', 'bob', '--rate', '2M'], '--rate goes with doorpost prefs serve.'],
  [['serve', '--from', 'bob'], '--from goes with doorpost prefs fetch add.'],
  [['serve'], 'needs --copies, --rate or --hours'],
  [['reset', 'prority'], 'Did you mean priority?'],
  [['junk', 'add', 'bob', '--yes'], '--yes goes with doorpost prefs open-to add.'],
  [['show', 'junk'], 'does not know what to do with "junk"'],
] as const)('[RUL20] prefs %s is a mistake that is named', async (words, says) => {
  const it = fake({ answers })
  expect(await it.run('prefs', ...words)).toBe(64)
  expect(it.err()).toContain(says)
  expect(it.asked).toEqual([])
})

test('[SRC12] prefs open-to add asks what contacts open asks, and changes nothing without a yes', async () => {
  const yes = fake({ answers, reply: 'yes' })
  expect(await yes.run('prefs', 'open-to', 'add', 'crew.example')).toBe(0)
  expect(yes.err()).toMatch(/crew\.example will see your network address/)
  expect(yes.asked.map(({ args }) => args)).toEqual([{ edits: [{ add: 'openTo', who: 'crew.example' }] }])
  const no = fake({ answers, reply: 'no' })
  expect(await no.run('prefs', 'open-to', 'add', 'bob')).not.toBe(0)
  const silent = fake({ answers })
  expect(await silent.run('prefs', 'open-to', 'add', 'bob')).toBe(64)
  expect([...no.asked, ...silent.asked]).toEqual([])
  expect(await fake({ answers }).run('prefs', 'open-to', 'remove', 'bob')).toBe(0)
})

test('[RUL12] inbox --junk and --all ask for what is not shown, and say why it is not', async () => {
  const { entry } = await import('../fake-messages.ts')
  const me = { address: 'alice@example.org/laptop', online: true } as Operations['whoami']['result']
  const it = fake({ answers: { inbox: () => [entry({ hidden: 'junk' })], whoami: () => me } })
  expect(await it.run('inbox', '--junk')).toBe(0)
  expect(await it.run('inbox', '--all')).toBe(0)
  expect(await it.run('inbox')).toBe(0)
  const asked = it.asked.filter(({ name }) => name === 'inbox')
  expect(asked.map(({ args }) => args)).toEqual([{ show: 'junk' }, { show: 'all' }, {}])
  expect(it.out()).toContain('(from a junk sender)')
})
