// What is there and passes just now, in one row of figures.

import type { Operations } from '../device-connection.ts'
import { useFormats } from '../words/words.ts'
import { useAdminWords } from './words.ts'

export function Now({ now }: { readonly now: Operations['admin']['result']['now'] }) {
  const words = useAdminWords()
  const formats = useFormats()
  const figures = [
    [words.now.accounts, formats.number(now.accounts)],
    [words.now.devicesOnline, formats.number(now.devicesOnline)],
    [words.now.sessions, formats.number(now.sessions)],
    [words.now.tunnels, formats.number(now.tunnels)],
    [words.now.connections, formats.number(now.connections)],
    [words.now.live, `${formats.number(now.broadcasts)} · ${formats.number(now.viewers)}`],
    [words.now.messagesKept, formats.number(now.messagesKept)],
    [words.now.bytesPerSecond, formats.rate(now.bytesPerSecond)],
  ] as const
  return (
    <dl className="admin-now">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
