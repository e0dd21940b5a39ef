// A picture, once its first bytes say that it is one and that a tab can hold it.

import { useEffect, useState } from 'react'
import { useWords } from '../words/words.ts'
import { type MediaReader, readWhole } from './media-reader.ts'
import { HEADER_BYTES, isBoundedPicture, pictureHeader, type PictureHeader } from './picture-header.ts'
import { useServed } from './served-url.ts'
import './picture.css'

export interface PictureProps {
  readonly name: string
  readonly reader: MediaReader
  readonly onCannot: () => void
  readonly onTrouble: (sentence: string) => void
}

export function Picture({ name, reader, onCannot, onTrouble }: PictureProps) {
  const words = useWords().play
  const [header, setHeader] = useState<PictureHeader>()
  useEffect(() => {
    const stop = new AbortController()
    readWhole(reader, 0, HEADER_BYTES, stop.signal).then(
      (bytes) => {
        if (stop.signal.aborted) return
        const found = pictureHeader(bytes)
        if (found && isBoundedPicture(found)) setHeader(found)
        else onCannot()
      },
      (error: unknown) => {
        if (!stop.signal.aborted) onTrouble(error instanceof Error ? error.message : words.stopped)
      },
    )
    return () => stop.abort()
  }, [reader, onCannot, onTrouble, words])
  return header ? (
    <Decoded {...{ name, reader, onCannot, header }} />
  ) : (
    <p className="small quiet" aria-live="polite">
      {words.waiting}
    </p>
  )
}

function Decoded({
  name,
  reader,
  header: { type, width, height },
  onCannot,
}: Pick<PictureProps, 'name' | 'reader' | 'onCannot'> & { readonly header: PictureHeader }) {
  const { served } = useServed(reader, { type, name })
  useEffect(() => {
    if (served.state === 'impossible') onCannot()
  }, [served, onCannot])
  return served.state === 'served' ? (
    <img className="picture" src={served.url} alt={name} width={width} height={height} onError={onCannot} />
  ) : null
}
