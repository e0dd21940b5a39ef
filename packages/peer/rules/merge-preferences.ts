// What two devices make of preferences that both changed without having seen each other's change. Pure. Of three editions
// (what both began from, ours, theirs) each field is settled by itself: who alone changed it is followed; lists that both
// changed take in what either added and lose what either removed; of single values the later change holds.

import type { Preferences } from '@doorpost/protocol/preferences'

/** A field as people name it: `serve.hours`. */
type MergedField = (typeof FIELDS)[number]['name']

export interface Merged {
  readonly merged: Preferences
  /** Fields where one of the two wishes had to give way: what a person may want to look at. */
  readonly gaveWay: readonly MergedField[]
}

interface Field<Name extends string> {
  readonly name: Name
  /** Lists in which each entry stands for itself. */
  readonly list: boolean
  get(preferences: Preferences): unknown
  set(preferences: Preferences, value: unknown): Preferences
}

type Fetch = Preferences['fetch'][number]

const FIELDS = [
  whole('priority', true),
  whole('junk', true),
  whole('fetch', true),
  whole('requestsPerDay', false),
  inside('serve', 'copies'),
  inside('serve', 'bytesPerSecond'),
  inside('serve', 'hours'),
  whole('openTo', true),
  whole('tunnelOnly', true),
  inside('sent', 'whenFetched'),
  inside('sent', 'remindHours'),
  whole('marks', false),
  whole('tellReceived', false),
] as const

/** Sequence and date are those of the later of the two; whoever keeps the outcome numbers it. */
export function mergePreferences(base: Preferences, ours: Preferences, theirs: Preferences): Merged {
  const [earlier, later] = isLater(ours, theirs) ? [theirs, ours] : [ours, theirs]
  let merged: Preferences = { ...later, sequence: Math.max(ours.sequence, theirs.sequence) }
  const gaveWay: MergedField[] = []
  for (const field of FIELDS) {
    const [was, one, other] = [base, earlier, later].map((each) => field.get(each))
    if (same(one, was) || same(one, other)) continue
    if (same(other, was)) merged = field.set(merged, one)
    else if (field.list) merged = field.set(merged, bothLists(was as Entry[], one as Entry[], other as Entry[]))
    else gaveWay.push(field.name)
  }
  return { merged, gaveWay }
}

/** Of two changes within one millisecond the text decides, so that it is the same one for both. */
function isLater(one: Preferences, other: Preferences): boolean {
  if (one.changedAt !== other.changedAt) return one.changedAt > other.changedAt
  return textOf(one) > textOf(other)
}

type Entry = string | Fetch

/** The order of the later change; what the earlier one added comes behind. */
function bothLists(was: readonly Entry[], earlier: readonly Entry[], later: readonly Entry[]): Entry[] {
  const before = new Set(was.map(textOf))
  const inEarlier = new Set(earlier.map(textOf))
  const inLater = new Set(later.map(textOf))
  const kept = later.filter((entry) => inEarlier.has(textOf(entry)) || !before.has(textOf(entry)))
  const added = earlier.filter((entry) => !before.has(textOf(entry)) && !inLater.has(textOf(entry)))
  return [...kept, ...added]
}

/** Whether two editions want the same, whatever their numbers and dates. */
export function samePreferences(a: Preferences, b: Preferences): boolean {
  return FIELDS.every((field) => same(field.get(a), field.get(b)))
}

function same(a: unknown, b: unknown): boolean {
  return textOf(a) === textOf(b)
}

/** Schemas give their members one order, so the text is the value. */
function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function whole<
  Name extends 'priority' | 'junk' | 'fetch' | 'requestsPerDay' | 'openTo' | 'tunnelOnly' | 'marks' | 'tellReceived',
>(name: Name, list: boolean): Field<Name> {
  return {
    name,
    list,
    get: (preferences) => preferences[name],
    set: (preferences, value) => ({ ...preferences, [name]: value }),
  }
}

function inside<Outer extends 'serve' | 'sent', Inner extends string & keyof Preferences[Outer]>(
  outer: Outer,
  inner: Inner,
): Field<`${Outer}.${Inner}`> {
  return {
    name: `${outer}.${inner}`,
    list: false,
    get: (preferences) => preferences[outer][inner],
    set(preferences, value) {
      const { [inner]: _before, ...rest } = preferences[outer]
      return { ...preferences, [outer]: { ...rest, ...(value !== undefined && { [inner]: value }) } }
    },
  }
}
