// What was refused and why: by reason, today and over the last days, the most frequent first.

import { dayOf, dayText } from '@doorpost/protocol/day'
import type { Operations } from '../device-connection.ts'
import { Part } from '../screens/page.tsx'
import { useFormats } from '../words/words.ts'
import { useAdminWords } from './words.ts'

type Day = Operations['admin']['result']['days'][number]

/** Days looked back, today among them. */
const DAYS = 30

export function Refused({ days, today }: { readonly days: readonly Day[]; readonly today: string }) {
  const { refused: words } = useAdminWords()
  const formats = useFormats()
  const sums = new Map<string, { today: number; range: number }>()
  const first = dayText(dayOf(Date.parse(today)) - (DAYS - 1))
  for (const { day, refused } of days) {
    if (day < first) continue
    for (const [reason, count] of Object.entries(refused)) {
      const sum = sums.get(reason) ?? { today: 0, range: 0 }
      sums.set(reason, { today: sum.today + (day === today ? count : 0), range: sum.range + count })
    }
  }
  const rows = [...sums].sort(([, a], [, b]) => b.range - a.range)
  return (
    <Part title={words.title}>
      {rows.length === 0 ? (
        <p className="quiet">{words.none}</p>
      ) : (
        <div className="admin-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.why}</th>
                <th scope="col">{words.today}</th>
                <th scope="col">{words.range}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([reason, sum]) => (
                <tr key={reason}>
                  <th scope="row">{words.reasons[reason] ?? reason}</th>
                  <td>{formats.number(sum.today)}</td>
                  <td>{formats.number(sum.range)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  )
}
