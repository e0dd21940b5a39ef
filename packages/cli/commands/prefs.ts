// `doorpost prefs`: what this user's devices do by themselves, the same on all of them. Shows it in words, and takes one wish
// at a time. What each means is enforced by the device (packages/peer/rules).

import { preferenceLines } from '@doorpost/peer/catalogue/preferences'
import type { Operations, PreferenceEdit, PreferenceField, PreferenceList } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf } from '../home.ts'
import { nearest } from '../nearest.ts'
import { confirmOpen } from '../open-address.ts'
import { readSize } from '../read-size.ts'
import { printable } from '../show/printable.ts'

type Preferences = Operations['prefs']['result']
type Set = Extract<PreferenceEdit, { set: unknown }>['set']

const lists = { priority: 'priority', junk: 'junk', 'open-to': 'openTo', 'tunnel-only': 'tunnelOnly' } as const
const actions = ['show', 'set', 'reset', 'priority', 'junk', 'fetch', 'serve', 'open-to', 'tunnel-only'] as const

/** Longest time before the end at which recipients are reminded, hours: a message lives 90 days. */
const REMIND_HOURS_MAX = 2160
const REQUESTS_MAX = 1000

/** What `set` knows: how the value is written, and what becomes of it. */
const keys: Record<string, { readonly takes: string; read(value: string): Set | undefined }> = {
  'requests-per-day': {
    takes: `a number from 0 to ${REQUESTS_MAX}`,
    read: (value) => whole(value, REQUESTS_MAX, (requestsPerDay) => ({ requestsPerDay })),
  },
  'serve-copies': { takes: 'on or off', read: (value) => onOrOff(value, (copies) => ({ serve: { copies } })) },
  'serve-rate': {
    takes: 'a rate a second such as 2M, or none',
    read: (value) => ({ serve: { bytesPerSecond: value === 'none' ? 0 : readSize(value, 'serve-rate') } }),
  },
  'serve-hours': {
    takes: 'times such as 22:00-06:00, or none',
    read(value) {
      const hours = hoursOf(value)
      return hours === undefined ? undefined : { serve: { hours } }
    },
  },
  'when-fetched': {
    takes: 'keep, archive or delete',
    read: (value) =>
      value === 'keep' || value === 'archive' || value === 'delete' ? { sent: { whenFetched: value } } : undefined,
  },
  'remind-hours': {
    takes: `a number from 0 (never) to ${REMIND_HOURS_MAX}`,
    read: (value) => whole(value, REMIND_HOURS_MAX, (remindHours) => ({ sent: { remindHours } })),
  },
  marks: { takes: 'on or off', read: (value) => (value === 'on' || value === 'off' ? { marks: value } : undefined) },
  'tell-received': {
    takes: 'on or off',
    read: (value) => onOrOff(value, (on) => ({ tellReceived: on ? 'on' : 'off' })),
  },
}

const resets: Record<string, PreferenceField | 'all'> = {
  all: 'all',
  ...lists,
  fetch: 'fetch',
  'requests-per-day': 'requestsPerDay',
  serve: 'serve',
  sent: 'sent',
  marks: 'marks',
  'tell-received': 'tellReceived',
}

export const prefs = command({
  examples: [
    'doorpost prefs',
    'doorpost prefs junk add spam.example',
    "doorpost prefs fetch add --from bob --type 'video/*' --size-max 2G --network unmetered --then fetch",
  ],
  operands: [
    { name: 'ACTION', optional: true, about: 'what is done; show where nothing is said', choices: actions },
    { name: 'WHAT', optional: true, about: 'add or remove; with set and reset the name of a preference' },
    {
      name: 'VALUE',
      optional: true,
      about: 'WHO (a user, or a whole domain), the number of a rule, or the value to set',
    },
  ],
  options: {
    from: {
      type: 'text',
      many: true,
      value: 'WHO',
      about: 'with fetch add: mail of this user or domain',
    },
    'size-max': { type: 'text', value: 'SIZE', about: 'with fetch add: files of at most this size in all: 500M, 2G' },
    type: {
      type: 'text',
      many: true,
      value: 'TYPE',
      about: "with fetch add: files of this type alone: 'video/*'",
    },
    network: {
      type: 'text',
      value: 'KIND',
      choices: ['any', 'unmetered', 'local'],
      about: 'with fetch add: on this kind of network; local: the sender is in the same one',
      default: 'any',
    },
    // The name of an option, never awaited.
    // oxlint-disable-next-line unicorn/no-thenable
    then: {
      type: 'text',
      value: 'WHAT',
      choices: ['fetch', 'ask'],
      about: 'with fetch add: what happens then',
      default: 'fetch',
    },
    first: { type: 'flag', about: 'with fetch add: before the other rules, since the first that fits decides' },
    copies: {
      type: 'text',
      value: 'WHAT',
      choices: ['on', 'off'],
      about: 'with serve: give copies to the other recipients',
    },
    rate: { type: 'text', value: 'RATE', about: 'with serve: give out at most so much a second in all: 2M; none' },
    hours: {
      type: 'text',
      value: 'TIMES',
      about: 'with serve: give copies out between these times: 22:00-06:00; none',
    },
    yes: { type: 'flag', about: 'with open-to add: they may see your network address; you were asked' },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'Preferences hold on all your devices. The server keeps them sealed and cannot read them.',
    `set takes ${Object.entries(keys)
      .map(([key, { takes }]) => `${key} (${takes})`)
      .join(', ')}.`,
    `reset puts back ${Object.keys(resets).join(', ')}.`,
    'Which network is metered no system tells: start the agent with --network metered where it is.',
  ],
  async run({ operands: [action = 'show', what, value], options }, around) {
    const edits = editsOf(action as (typeof actions)[number], what, value, options)
    if (options.yes && !(action === 'open-to' && what === 'add')) {
      throw new UsageError('--yes goes with doorpost prefs open-to add.')
    }
    for (const edit of edits) {
      if ('add' in edit && edit.add === 'openTo') await confirmOpen(edit.who, options.yes, around)
    }
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    const signal = around.stop
    const now =
      edits.length === 0 ? await peer.do('prefs', {}, { signal }) : await peer.do('prefs.change', { edits }, { signal })
    if (options.json) answerJson(now, around)
    else around.out.write(inWords(now))
    return undefined
  },
})

interface Given {
  readonly from: readonly string[]
  readonly 'size-max': string | undefined
  readonly type: readonly string[]
  readonly network: string | undefined
  readonly then: string | undefined
  readonly first: boolean
  readonly copies: string | undefined
  readonly rate: string | undefined
  readonly hours: string | undefined
}

const ruleOptions = ['from', 'size-max', 'type', 'network', 'then', 'first'] as const
const serveOptions = ['copies', 'rate', 'hours'] as const

function editsOf(
  action: (typeof actions)[number],
  what: string | undefined,
  value: string | undefined,
  given: Given,
): PreferenceEdit[] {
  const isRule = action === 'fetch' && what === 'add'
  if (!isRule) refuseOptions(given, ruleOptions, 'prefs fetch add')
  if (action !== 'serve') refuseOptions(given, serveOptions, 'prefs serve')
  switch (action) {
    case 'show':
      tooMuch(action, what)
      return []
    case 'set':
      return [{ set: setOf(what, value) }]
    case 'reset': {
      tooMuch(`reset ${what}`, value)
      const name = what ?? 'all'
      return [{ reset: resets[name] ?? unknown('reset', name, Object.keys(resets)) }]
    }
    case 'fetch':
      if (what === 'add') {
        tooMuch('fetch add', value)
        return [{ addRule: ruleOf(given), ...(given.first && { first: true }) }]
      }
      if (what !== 'remove') throw new UsageError('doorpost prefs fetch takes add or remove.')
      if (!/^[1-9][0-9]{0,3}$/.test(value ?? ''))
        throw new UsageError('doorpost prefs fetch remove needs the number of a rule.')
      return [{ removeRule: Number(value) }]
    case 'serve': {
      tooMuch(action, what)
      const named = serveOptions.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]))
      if (named.length === 0) throw new UsageError('doorpost prefs serve needs --copies, --rate or --hours.')
      return named.map(([name, text]) => ({ set: setOf(`serve-${name}`, text) }))
    }
    default:
      return [listEdit(lists[action], action, what, value)]
  }
}

function listEdit(
  list: PreferenceList,
  action: string,
  what: string | undefined,
  who: string | undefined,
): PreferenceEdit {
  if (what !== 'add' && what !== 'remove') throw new UsageError(`doorpost prefs ${action} takes add or remove.`)
  if (who === undefined) throw new UsageError(`doorpost prefs ${action} ${what} needs WHO: a user, or a whole domain.`)
  return what === 'add' ? { add: list, who } : { remove: list, who }
}

function ruleOf({
  from,
  type,
  network,
  'size-max': size,
  then,
}: Given): Extract<PreferenceEdit, { addRule: unknown }>['addRule'] {
  return {
    ...(from.length > 0 && { from: [...from] }),
    ...(size !== undefined && { sizeBytesMax: readSize(size, '--size-max') }),
    ...(type.length > 0 && { types: type.map(typeOf) }),
    ...(network !== undefined && { network: network as 'any' | 'unmetered' | 'local' }),
    decide: then === 'ask' ? 'ask' : 'fetch',
  }
}

function typeOf(text: string): string {
  const type = text.toLowerCase()
  if (/^[a-z0-9][a-z0-9!#$&^_.+-]*\/([a-z0-9][a-z0-9!#$&^_.+-]*|\*)$/.test(type)) return type
  throw new UsageError(`--type takes a media type such as 'video/*' or image/jpeg, not ${JSON.stringify(text)}.`)
}

function setOf(key: string | undefined, value: string | undefined): Set {
  const names = Object.keys(keys)
  if (key === undefined || value === undefined)
    throw new UsageError(`doorpost prefs set needs a name and a value: ${names.join(', ')}.`)
  const known = keys[key] ?? unknown('set', key, names)
  const set = known.read(value)
  if (set) return set
  throw new UsageError(`${key} takes ${known.takes}, not ${JSON.stringify(value)}.`)
}

function unknown(action: string, name: string, names: readonly string[]): never {
  const near = nearest(name, names)
  const hint = near === undefined ? `It knows ${names.join(', ')}.` : `Did you mean ${near}?`
  throw new UsageError(`doorpost prefs ${action} does not know ${JSON.stringify(name)}. ${hint}`)
}

function refuseOptions(given: Given, names: readonly (keyof Given)[], where: string): void {
  for (const name of names) {
    const value = given[name]
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false
    if (isGiven) throw new UsageError(`--${name} goes with doorpost ${where}.`)
  }
}

function tooMuch(action: string, word: string | undefined): void {
  if (word !== undefined)
    throw new UsageError(`doorpost prefs ${action} does not know what to do with ${JSON.stringify(word)}.`)
}

function whole<T>(text: string, most: number, then: (value: number) => T): T | undefined {
  return /^[0-9]{1,6}$/.test(text) && Number(text) <= most ? then(Number(text)) : undefined
}

function onOrOff<T>(text: string, then: (value: boolean) => T): T | undefined {
  return text === 'on' || text === 'off' ? then(text === 'on') : undefined
}

/** Null: at any time. */
function hoursOf(text: string): { from: string; to: string } | null | undefined {
  if (text === 'none') return null
  const time = '([01]?[0-9]|2[0-3]):([0-5][0-9])'
  const match = new RegExp(`^${time}-${time}$`).exec(text)
  if (!match) return undefined
  const [, fromHour = '', fromMinute, toHour = '', toMinute] = match
  return { from: `${fromHour.padStart(2, '0')}:${fromMinute}`, to: `${toHour.padStart(2, '0')}:${toMinute}` }
}

/** Nothing is cut off, however narrow the screen: somebody may look for one name. */
function inWords(preferences: Preferences): string {
  const lines = preferenceLines(preferences)
  const width = Math.max(...lines.map(({ name }) => name.length))
  return lines.map(({ name, says }) => `${printable(`${name.padEnd(width)}  ${says}`)}\n`).join('')
}
