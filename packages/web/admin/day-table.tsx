// The plot's figures as a table: newest day first.

import { useFormats } from '../words/words.ts'
import type { DayFigures } from './plot-columns.ts'
import { useAdminWords } from './words.ts'

export function DayTable({
  days,
  carried,
}: {
  readonly days: readonly DayFigures[]
  readonly carried: (day: DayFigures) => number
}) {
  const { plot } = useAdminWords()
  const formats = useFormats()
  if (days.length === 0) return <p className="quiet">{plot.none}</p>
  const date = new Intl.DateTimeFormat(formats.locale, { dateStyle: 'medium', timeZone: 'UTC' })
  const heads = [plot.day, plot.delivered, plot.reports, plot.carried, plot.tunnel, plot.messages, plot.live, plot.web]
  return (
    // Scrolls sideways where it is narrow; the focus brings the keyboard there.
    <div className="admin-table" tabIndex={0} role="region" aria-label={plot.table}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.day}>
              <th scope="row" className="admin-day">
                {date.format(new Date(day.day))}
              </th>
              <td>{day.tellingDevices === 0 ? '–' : formats.size(day.deliveredBytes)}</td>
              <td>{formats.number(day.tellingDevices)}</td>
              <td>{formats.size(carried(day))}</td>
              <td>{formats.size(day.tunnelBytes)}</td>
              <td>{formats.size(day.messageBytes)}</td>
              <td>{formats.size(day.liveBytes)}</td>
              <td>{formats.size(day.webBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
