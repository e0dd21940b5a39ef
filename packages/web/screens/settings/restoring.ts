// The way back from a change of many preferences at once. Pure.

import type { Operations, PreferenceEdit } from '../../device-connection.ts'

type Preferences = Operations['prefs']['result']

const LISTS = ['priority', 'junk', 'openTo', 'tunnelOnly'] as const

/** Edits that make the rules of fetching these, in this order, whatever stands there. */
export function restoringRules({ fetch }: Pick<Preferences, 'fetch'>): PreferenceEdit[] {
  return [{ reset: 'fetch' }, ...fetch.map((rule) => ({ addRule: rule }))]
}

/** Edits that make all preferences what they were, whatever stands there. */
export function restoring(before: Preferences): PreferenceEdit[] {
  const { requestsPerDay, serve, sent, marks, tellReceived } = before
  return [
    { reset: 'all' },
    ...LISTS.flatMap((list) => before[list].map((who) => ({ add: list, who }))),
    ...restoringRules(before),
    { set: { requestsPerDay, serve: { ...serve, hours: serve.hours ?? null }, sent, marks, tellReceived } },
  ]
}
