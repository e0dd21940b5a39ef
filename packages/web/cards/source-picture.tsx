// Where the bytes come from: this device on one side, those who serve it on the other, how between them and how fast. People look once,
// then trust it.

import { DeviceIcon } from './icons.tsx'
import { nameOf } from '../screens/names.ts'
import { useMe } from '../screens/oneself.ts'
import { useFormats, useWords } from '../words/words.ts'
import type { Fetching } from './card-state.ts'
import './source-picture.css'

export type Serving = NonNullable<Fetching['serving']>

export function SourcePicture({ serving }: { readonly serving: Serving }) {
  const words = useWords().cards
  if (serving.length === 0) {
    return <p className="sources-none">{words.sourcesNone}</p>
  }
  return (
    <div className="sources">
      <ul className="sources-list">
        {serving.map((one) => (
          <Source key={`${one.source} ${one.path}`} {...one} />
        ))}
      </ul>
      <p className="sources-here">
        <DeviceIcon />
        <span>{words.thisDevice}</span>
      </p>
    </div>
  )
}

function Source({ source, path, bytesPerSecond }: Serving[number]) {
  const words = useWords().cards
  const formats = useFormats()
  const me = useMe()
  const [user = source, device = ''] = source.split('/')
  return (
    <li className="source" data-path={path}>
      <DeviceIcon />
      <span className="source-who">
        <bdi>{words.deviceOf(nameOf(user, me), device)}</bdi>
        <span className="source-path">
          {words.paths[path]}
          {bytesPerSecond > 0 && <span className="source-rate">{formats.rate(bytesPerSecond)}</span>}
        </span>
      </span>
    </li>
  )
}
