// Instants as people say them, next to now: the time today, the day this year, the date before that.
// Pure: the time zone is a parameter, so that tests know it.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

interface Parts {
  year: number
  month: number
  day: number
  hour: string
  minute: string
}

/** `14:02`, `yesterday 14:02`, `3 May`, `3 May 2025`; a date without a time as a day; what is no date as it stands. */
export function whenText(instant: string, nowMs: number, timeZone?: string): string {
  const dateOnly = /^(\d{4})-(\d\d)-(\d\d)$/.exec(instant)
  const now = partsOf(nowMs, timeZone)
  if (dateOnly) return dayText(Number(dateOnly[1]), Number(dateOnly[2]), Number(dateOnly[3]), now.year)
  const ms = Date.parse(instant)
  if (Number.isNaN(ms)) return instant
  const then = partsOf(ms, timeZone)
  const days = dayNumber(now) - dayNumber(then)
  if (days === 0) return `${then.hour}:${then.minute}`
  if (days === 1) return `yesterday ${then.hour}:${then.minute}`
  return dayText(then.year, then.month, then.day, now.year)
}

function dayText(year: number, month: number, day: number, yearNow: number): string {
  const text = `${day} ${months[month - 1]}`
  return year === yearNow ? text : `${text} ${year}`
}

/** Days since some day; only differences mean something. */
function dayNumber({ year, month, day }: Parts): number {
  return Math.round(Date.UTC(year, month - 1, day) / 86_400_000)
}

function partsOf(ms: number, timeZone: string | undefined): Parts {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(timeZone !== undefined && { timeZone }),
  })
  const parts = Object.fromEntries(formatter.formatToParts(ms).map(({ type, value }) => [type, value]))
  return {
    year: Number(parts['year']),
    month: Number(parts['month']),
    day: Number(parts['day']),
    hour: parts['hour'] ?? '',
    minute: parts['minute'] ?? '',
  }
}
