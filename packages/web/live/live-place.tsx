// Where live pictures stand: nothing at all, and nothing loaded, while there are none.

import { lazy, Suspense } from 'react'
import { useLive } from './live.ts'

const Pictures = lazy(async () => ({ default: (await import('./pictures.tsx')).LivePictures }))
const Corner = lazy(async () => ({ default: (await import('./pictures.tsx')).LiveCorner }))
const Offers = lazy(async () => ({ default: (await import('./pictures.tsx')).LiveOffers }))
const NewsLines = lazy(async () => ({ default: (await import('./live-news.tsx')).LiveNewsLines }))

export function LivePlace(where: { readonly conversation: string; readonly people: readonly string[] }) {
  const { showing, watching, shownBy } = useLive()
  if (showing === undefined && watching.length === 0 && shownBy.length === 0) return null
  return <Suspense fallback={null}>{<Pictures {...where} />}</Suspense>
}

/** On every screen. `conversation`: the one that is open, if one is: its pictures stand there. */
export function LiveCornerPlace({ conversation }: { readonly conversation: string | undefined }) {
  const { showing, watching, shownBy } = useLive()
  return (
    <Suspense fallback={null}>
      <NewsLines />
      {shownBy.length > 0 && <Offers conversation={conversation} />}
      {(showing !== undefined || watching.length > 0) && <Corner conversation={conversation} />}
    </Suspense>
  )
}
