// The one plot that matters: media delivered to people, upwards, against bytes this server carried, downwards, on one scale. What it shows
// stands beside it as sums and below it as a table.

import { useEffect, useId, useRef, useState } from 'react'
import type { Operations } from '../device-connection.ts'
import { Select } from '../look/select.tsx'
import { useFormats } from '../words/words.ts'
import { DayTable } from './day-table.tsx'
import { type Column, carriedOf, columnsOf, marksOf } from './plot-columns.ts'
import { useAdminWords } from './words.ts'

type Figures = Operations['admin']['result']

const RANGES = {
  month: { count: 30, each: 1 },
  quarter: { count: 90, each: 1 },
  year: { count: 364, each: 7 },
} as const
type Range = keyof typeof RANGES

export function Plot({ figures }: { readonly figures: Figures }) {
  const { plot } = useAdminWords()
  const formats = useFormats()
  const [range, setRange] = useState<Range>('month')
  const title = useId()
  const { count, each } = RANGES[range]
  const today = figures.time.slice(0, 10)
  const columns = columnsOf(figures.days, { today, count, each })
  const [first] = columns
  const shown = figures.days.filter(({ day }) => day >= (first?.day ?? today))
  const delivered = columns.reduce((all, { deliveredBytes }) => all + deliveredBytes, 0)
  const carried = columns.reduce((all, { carriedBytes }) => all + carriedBytes, 0)
  const reports = shown.reduce((all, { tellingDevices }) => all + tellingDevices, 0)
  return (
    <section className="part" aria-labelledby={title}>
      <div className="admin-plot-head">
        <h2 id={title}>{plot.title}</h2>
        <Select<Range>
          label={plot.range}
          value={range}
          onChoose={setRange}
          choices={(Object.keys(RANGES) as Range[]).map((value) => ({ value, name: plot.ranges[value] }))}
        />
      </div>
      <dl className="admin-sums">
        <div className="admin-sum">
          <dt>
            <span className="admin-key admin-key-up" aria-hidden="true" />
            {plot.delivered}
          </dt>
          <dd>{reports === 0 ? '–' : formats.size(delivered)}</dd>
          <dd className="quiet small">{reports === 0 ? plot.nobodyTells : plot.told(reports)}</dd>
        </div>
        <div className="admin-sum">
          <dt>
            <span className="admin-key admin-key-down" aria-hidden="true" />
            {plot.carried}
          </dt>
          <dd>
            {formats.size(carried)}
            {delivered > 0 && carried <= delivered && (
              <span className="admin-share"> {plot.share(formats.percent(carried / delivered))}</span>
            )}
          </dd>
          <dd className="quiet small">{plot.carriedHint}</dd>
        </div>
      </dl>
      <Drawing
        columns={columns}
        says={plot.summary(formats.size(delivered), formats.size(carried), plot.ranges[range])}
      />
      <details className="details">
        <summary>{plot.table}</summary>
        <DayTable days={shown.toReversed()} carried={carriedOf} />
      </details>
    </section>
  )
}

const HEIGHT = 240
/** Room for dates, and above the tallest column, px. */
const FOOT = 24
const HEAD = 8
/** Room for the sizes at the start, px. */
const START = 64
/** What there is at all is to be seen, px. */
const LEAST = 1.5

function Drawing({ columns, says }: { readonly columns: readonly Column[]; readonly says: string }) {
  const { plot } = useAdminWords()
  const formats = useFormats()
  const [around, width] = useWidth()
  const most = Math.max(...columns.map(({ deliveredBytes }) => deliveredBytes))
  const least = Math.max(...columns.map(({ carriedBytes }) => carriedBytes))
  const step = marksOf(Math.max(most, least))[1] ?? 1
  const marks = (count: number) => Array.from({ length: count }, (_, at) => (at + 1) * step)
  // Up to the mark above the tallest; down as far as there is something, on the same scale.
  const above = marks(Math.ceil(most / step - 1e-9))
  const below = marks(Math.floor(least / step + 1e-9))
  const [top, bottom] = [above.at(-1) ?? 0, least]
  const inside = HEIGHT - HEAD - FOOT
  const scale = inside / Math.max(top + bottom, step)
  const zero = HEAD + (top === 0 && bottom === 0 ? inside : top * scale)
  const place = Math.max(0, width - START) / columns.length
  const bar = Math.max(1, Math.min(24, place * 0.72))
  const heightOf = (bytes: number) => (bytes === 0 ? 0 : Math.max(LEAST, bytes * scale))
  const every = Math.ceil(columns.length / Math.max(2, Math.floor((width - START) / 96)))
  const dayText = (day: string) => dateOf(day, formats.locale)
  return (
    <div className="admin-plot" ref={around}>
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={says}>
        {[...above, ...below.map((mark) => -mark)].map((mark) => (
          <g key={mark}>
            <line className="admin-line" x1={START} x2={width} y1={zero - mark * scale} y2={zero - mark * scale} />
            <text className="admin-mark" x={START - 8} y={zero - mark * scale} dy="0.35em" textAnchor="end">
              {formats.size(Math.abs(mark))}
            </text>
          </g>
        ))}
        {columns.map(({ day, days, deliveredBytes, carriedBytes }, index) => {
          const middle = START + (index + 0.5) * place
          const when = days === 1 ? dayText(day) : plot.week(dayText(day))
          return (
            <g key={day}>
              <title>{plot.column(when, formats.size(deliveredBytes), formats.size(carriedBytes))}</title>
              <rect className="admin-hit" x={middle - place / 2} y={HEAD} width={place} height={inside} />
              <rect
                className="admin-up"
                x={middle - bar / 2}
                y={zero - heightOf(deliveredBytes)}
                width={bar}
                height={heightOf(deliveredBytes)}
              />
              <rect className="admin-down" x={middle - bar / 2} y={zero} width={bar} height={heightOf(carriedBytes)} />
              {(columns.length - 1 - index) % every === 0 && (
                <text
                  className="admin-mark"
                  x={Math.min(middle, width - 2)}
                  y={HEIGHT - 6}
                  textAnchor={index === columns.length - 1 ? 'end' : 'middle'}
                >
                  {dayText(day)}
                </text>
              )}
            </g>
          )
        })}
        <line className="admin-zero" x1={START} x2={width} y1={zero} y2={zero} />
      </svg>
    </div>
  )
}

/** `21 Nov`, of a day in UTC. */
export function dateOf(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(day))
}

/** What an element's inside measures, px, as long as it stands there. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(600)
  useEffect(() => {
    const { current } = element
    if (!current) return
    const looking = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(200, Math.floor(entry.contentRect.width)))
    })
    looking.observe(current)
    return () => looking.disconnect()
  }, [])
  return [element, width] as const
}
