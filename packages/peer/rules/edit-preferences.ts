// What a person changes about their preferences, one edit at a time. Pure: preferences and edits in, preferences out, so
// that an edit holds on whatever another device made of them meanwhile. Keeping the outcome is preferences.ts's.

import { parseAddress, parseDomain, type UserAddress, userAddress } from '@doorpost/protocol/address'
import { firstPreferences, type Preferences, type PreferencesInput } from '@doorpost/protocol/preferences'
import { type PreferenceEdit, type PreferenceField, type PreferenceList, Trouble } from '../operations.ts'

/** Somebody in the one list cannot mean it in the other. */
const OPPOSITES: Partial<Record<PreferenceList, PreferenceList>> = {
  priority: 'junk',
  junk: 'priority',
  openTo: 'tunnelOnly',
  tunnelOnly: 'openTo',
}

/** `own`: the user's address, whose domain names without one have. Throws Trouble `bad-address`, `bad-preference`. */
export function edited(preferences: Preferences, edit: PreferenceEdit, own: UserAddress): PreferencesInput {
  const domain = own.slice(own.indexOf('@') + 1)
  if ('add' in edit) {
    const who = whoOf(edit.who, domain)
    if (who === own) throw new Trouble('bad-address', 'That is your own address.')
    const opposite = OPPOSITES[edit.add]
    return {
      ...preferences,
      ...(opposite && { [opposite]: preferences[opposite].filter((one) => one !== who) }),
      [edit.add]: [...preferences[edit.add].filter((one) => one !== who), who],
    }
  }
  if ('remove' in edit) {
    const who = whoOf(edit.who, domain)
    const list = preferences[edit.remove]
    if (!list.includes(who))
      throw new Trouble('bad-preference', `${who} is not in this list.`, { todo: 'Look at it: doorpost prefs' })
    return { ...preferences, [edit.remove]: list.filter((one) => one !== who) }
  }
  if ('addRule' in edit) {
    const { from, ...rest } = edit.addRule
    const rule = { ...rest, ...(from && { from: from.map((one) => whoOf(one, domain)) }) }
    return { ...preferences, fetch: edit.first ? [rule, ...preferences.fetch] : [...preferences.fetch, rule] }
  }
  if ('removeRule' in edit) {
    const { removeRule: number } = edit
    if (preferences.fetch[number - 1] === undefined) {
      throw new Trouble('bad-preference', `There is no rule ${number}.`, {
        todo: 'Look at the rules and their numbers: doorpost prefs',
      })
    }
    return { ...preferences, fetch: preferences.fetch.filter((_rule, index) => index !== number - 1) }
  }
  if ('reset' in edit) return reset(preferences, edit.reset)
  const { requestsPerDay, serve, sent, marks, tellReceived } = edit.set
  const { hours, ...restOfServe } = serve ?? {}
  const { hours: hoursBefore, ...serveBefore } = preferences.serve
  const hoursNow = hours === undefined ? hoursBefore : (hours ?? undefined)
  return {
    ...preferences,
    ...(requestsPerDay !== undefined && { requestsPerDay }),
    serve: { ...serveBefore, ...restOfServe, ...(hoursNow && { hours: hoursNow }) },
    sent: { ...preferences.sent, ...sent },
    ...(marks !== undefined && { marks }),
    ...(tellReceived !== undefined && { tellReceived }),
  }
}

function reset(preferences: Preferences, what: PreferenceField | 'all'): Preferences {
  const first = firstPreferences()
  const { v, sequence, changedAt } = preferences
  if (what === 'all') return { ...first, v, sequence, changedAt }
  return { ...preferences, [what]: first[what] }
}

/** `bob` is on one's own server; `example.org` and `@example.org` are everybody there. */
export function whoOf(typed: string, domain: string): string {
  const text = typed.trim()
  const wholeDomain = text.startsWith('@')
    ? text.slice(1)
    : /[.:[]/.test(text) && !text.includes('@')
      ? text
      : undefined
  if (wholeDomain !== undefined) {
    const parsed = parseDomain(wholeDomain)
    if (parsed.ok) return parsed.value
  }
  const parsed = parseAddress(text)
  if (wholeDomain === undefined && parsed.ok && parsed.value.device === undefined)
    return userAddress(parsed.value, domain)
  throw new Trouble('bad-address', `"${text.replace(/\p{C}/gu, '').slice(0, 80)}" is neither a user nor a domain.`, {
    todo: 'Write a user like bob or bob@example.org, or everybody of a domain like example.org.',
  })
}
