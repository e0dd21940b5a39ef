// Figures of days, kept: what the metrics counted is added to the day's sums once a minute and when the server stops, so a crash loses
// a minute of figures and nothing else. Also what passes just now, for whoever looks.

import { dayOf, dayText } from '@doorpost/protocol/day'
import type { AdminDay } from '@doorpost/protocol/messages/admin'
import type { Clock } from '../listen/clock.ts'
import type { Metrics } from '../metrics.ts'
import type { FigureStore } from '../storage/storage.ts'

/** Days kept: a year, and a month more to compare it with the one before. */
export const DAYS_KEPT = 400
const WRITE_EVERY_MS = 60_000
/** Between two looks at what passes at least, ms: long enough to be a rate. Whoever looks at the page does so every few seconds. */
const LOOK_AFTER_MS = 2_000

const REFUSED = 'refused:'

type Counts = Readonly<Record<string, number>>

export interface Days {
  /** What was counted until now is in it. Oldest first. */
  list(): Promise<AdminDay[]>
  /** Bytes a second that this server carries: since the figures were asked for before, over a minute at most. */
  bytesPerSecond(): number
  /** Adds what devices said they received on a day (days since 1970). */
  delivered(day: number, bytes: number): Promise<void>
  /** Writes what was counted, and ends. */
  close(): Promise<void>
}

export interface DaysOptions {
  readonly metrics: Pick<Metrics, 'messageBytes' | 'tunnelBytes' | 'liveRelayBytes' | 'webBytes' | 'refusals'>
  readonly store: FigureStore
  readonly clock: Clock
  onFault(error: unknown): void
}

export function openDays({ metrics, store, clock, onFault }: DaysOptions): Days {
  let written: Counts = {}
  let last = { atMs: clock.monotonicMs(), bytes: 0 }
  let bytesPerSecond = 0
  /** One at a time: what is not written yet is known by what was. */
  let writing: Promise<void> = Promise.resolve()

  async function counted(): Promise<Counts> {
    const [messages, tunnel, live, web, refusals] = await Promise.all([
      metrics.messageBytes.get(),
      metrics.tunnelBytes.get(),
      metrics.liveRelayBytes.get(),
      metrics.webBytes.get(),
      metrics.refusals.get(),
    ])
    const sum = ({ values }: { values: { value: number }[] }) => values.reduce((all, { value }) => all + value, 0)
    return {
      messages: sum(messages),
      tunnel: sum(tunnel),
      live: sum(live),
      web: sum(web),
      ...Object.fromEntries(refusals.values.map(({ labels, value }) => [`${REFUSED}${labels.code}`, value])),
    }
  }

  function look({ messages = 0, tunnel = 0, live = 0, web = 0 }: Counts): void {
    const now = { atMs: clock.monotonicMs(), bytes: messages + tunnel + live + web }
    const passedMs = now.atMs - last.atMs
    if (passedMs < LOOK_AFTER_MS) return
    bytesPerSecond = Math.round(((now.bytes - last.bytes) * 1000) / passedMs)
    last = now
  }

  async function write(): Promise<void> {
    const now = await counted()
    look(now)
    const grown = Object.entries(now).flatMap(([name, value]) => {
      const more = value - (written[name] ?? 0)
      return more > 0 ? [[name, more] as const] : []
    })
    if (grown.length === 0) return
    const day = dayOf(clock.wallMs())
    await store.add(day, Object.fromEntries(grown), day - DAYS_KEPT + 1)
    written = now
  }
  const writeInTurn = () => {
    writing = writing.then(write, write)
    return writing
  }

  const stopWriting = clock.every(WRITE_EVERY_MS, () => void writeInTurn().catch(onFault))

  return {
    async list() {
      await writeInTurn()
      const days = await store.since(dayOf(clock.wallMs()) - DAYS_KEPT + 1)
      return days.map(({ day, figures }) => adminDay(day, figures))
    },
    bytesPerSecond: () => bytesPerSecond,
    async delivered(day, bytes) {
      await store.add(day, { delivered: bytes, telling: 1 }, dayOf(clock.wallMs()) - DAYS_KEPT + 1)
    },
    async close() {
      stopWriting()
      await writeInTurn()
    },
  }
}

function adminDay(day: number, figures: Counts): AdminDay {
  const refused = Object.entries(figures).flatMap(([name, value]) =>
    name.startsWith(REFUSED) ? [[name.slice(REFUSED.length), value] as const] : [],
  )
  return {
    day: dayText(day),
    deliveredBytes: figures['delivered'] ?? 0,
    tellingDevices: figures['telling'] ?? 0,
    tunnelBytes: figures['tunnel'] ?? 0,
    messageBytes: figures['messages'] ?? 0,
    liveBytes: figures['live'] ?? 0,
    webBytes: figures['web'] ?? 0,
    refused: Object.fromEntries(refused),
  }
}
