// Dates, sizes, durations, numbers and plurals in the reader's language, by Intl. Pure: numbers and instants in, words out.

import { DAY_MS } from '@doorpost/protocol/day'

/** Bytes of each unit and what Intl calls it; decimal, as discs and networks are sold. */
const SIZES = [
  [1e12, 'terabyte'],
  [1e9, 'gigabyte'],
  [1e6, 'megabyte'],
  [1e3, 'kilobyte'],
  [1, 'byte'],
] as const

export interface Formats {
  readonly locale: string
  /** `61.4 MB`: three figures at most. */
  size(bytes: number): string
  /** `61.4 MB/s`. */
  rate(bytesPerSecond: number): string
  /** `45 sec`, `4 min`, `2 hr, 10 min`, `3 days`: as much as somebody who waits wants to know. */
  duration(ms: number): string
  /** `43%`, rounded down, so that all is said of all alone. */
  percent(share: number): string
  number(value: number): string
  /** `14:02`. */
  time(at: string): string
  /** In a list: `14:02` today, `yesterday`, `Monday`, `3 May`, `3 May 2024`. */
  when(at: string, nowMs: number): string
  /** Above the messages of a day: `Today`, `Yesterday`, `Monday`, `3 May`. */
  day(at: string, nowMs: number): string
  /** All of it, for whoever points at it. */
  exact(at: string): string
  /** `Ann, Bob and Carol`. */
  list(names: readonly string[]): string
}

/** `locale`: a BCP 47 tag. */
export function formatsOf(locale: string, timeZone?: string): Formats {
  const zone = timeZone === undefined ? {} : { timeZone }
  const plain = new Intl.NumberFormat(locale)
  const share = new Intl.NumberFormat(locale, { style: 'percent' })
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', ...zone })
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long', ...zone })
  const monthDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', ...zone })
  const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...zone })
  const full = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', ...zone })
  const everything = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium', ...zone })
  const dayKey = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...zone })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const names = new Intl.ListFormat(locale, { type: 'conjunction' })
  const unit = (value: number, name: string, digits = 0, display: 'short' | 'long' = 'short') =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: display,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    })
      .format(value)
      // A number and its unit stay on one line.
      .replaceAll(' ', '\u00a0')

  /** Whole calendar days before now; 0 is today, negative is later. */
  const daysAgo = (at: Date, now: Date) =>
    Math.round((Date.parse(dayKey.format(now)) - Date.parse(dayKey.format(at))) / DAY_MS)

  const size = (bytes: number) => {
    const whole = Math.max(0, bytes)
    // 999.5 of a unit would be shown as 1000.
    const [each, name] = SIZES.find(([each]) => whole >= each * 0.9995) ?? [1, 'byte']
    const value = whole / each
    // Short is no plural of a byte.
    return each === 1 ? unit(value, name, 0, 'long') : unit(value, name, value >= 99.95 ? 0 : 1)
  }

  const calendar = (at: string, nowMs: number, today: (date: Date) => string, dayOnly: Intl.DateTimeFormat) => {
    const date = new Date(at)
    const now = new Date(nowMs)
    const days = daysAgo(date, now)
    if (days === 0) return today(date)
    if (days === 1) return relative.format(-1, 'day')
    if (days > 1 && days < 7) return weekday.format(date)
    const sameYear = dayKey.format(date).slice(0, 4) === dayKey.format(now).slice(0, 4)
    return sameYear ? dayOnly.format(date) : full.format(date)
  }

  return {
    locale,
    size,
    rate: (bytesPerSecond) => `${size(bytesPerSecond)}/s`,
    duration(ms) {
      const seconds = Math.max(0, Math.round(ms / 1000))
      if (seconds < 90) return unit(seconds, 'second')
      const minutes = Math.round(seconds / 60)
      if (minutes < 90) return unit(minutes, 'minute')
      const hours = Math.floor(minutes / 60)
      if (hours >= 48) return unit(Math.round(hours / 24), 'day', 0, 'long')
      const rest = minutes % 60
      return rest === 0 ? unit(hours, 'hour') : `${unit(hours, 'hour')} ${unit(rest, 'minute')}`
    },
    percent: (part) => share.format(Math.floor(Math.min(1, Math.max(0, part)) * 100) / 100),
    number: (value) => plain.format(value),
    time: (at) => clock.format(new Date(at)),
    when: (at, nowMs) => calendar(at, nowMs, (date) => clock.format(date), shortDay),
    day: (at, nowMs) =>
      capital(
        calendar(at, nowMs, () => relative.format(0, 'day'), monthDay),
        locale,
      ),
    exact: (at) => everything.format(new Date(at)),
    list: (all) => names.format(all),
  }
}

/** One of the forms that a language has for a number (CLDR plural rules). `other` is always there. */
export function plural(
  locale: string,
  count: number,
  forms: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string },
): string {
  return forms[new Intl.PluralRules(locale).select(count)] ?? forms.other
}

function capital(text: string, locale: string): string {
  const [first = '', ...rest] = Array.from(text)
  return first.toLocaleUpperCase(locale) + rest.join('')
}
