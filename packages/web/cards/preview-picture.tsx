// The sender's small picture of a media, after a look at its bytes. It stands for nothing that the words beside it do not say, so it
// is not heard.

import { useEffect, useMemo, useState } from 'react'
import type { ListedMedia } from '../device-connection.ts'
import { pictureBytes } from './preview-bytes.ts'

type Preview = NonNullable<ListedMedia['preview']>

/** Nothing where there is no picture that may be shown. */
export function PreviewPicture({ preview }: { readonly preview: Preview }) {
  const url = usePictureUrl(preview)
  return url === undefined ? null : (
    <img
      className="picture"
      src={url}
      alt=""
      width={preview.width}
      height={preview.height}
      decoding="async"
      draggable={false}
    />
  )
}

/** An address of this page for as long as what asks stands; none where there is no picture that may be shown. */
export function usePictureUrl(preview: Preview | undefined): string | undefined {
  const { type = '', bytes: written = '', width = 0, height = 0 } = preview ?? {}
  // The device answers with a new object each time it is asked; the picture is the same one.
  const bytes = useMemo(
    () => (type === '' ? undefined : pictureBytes({ type, bytes: written, width, height })),
    [type, written, width, height],
  )
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (!bytes) return
    // The type is one of four kinds of picture: nothing that would be a document.
    const made = URL.createObjectURL(new Blob([bytes], { type }))
    setUrl(made)
    return () => {
      setUrl(undefined)
      URL.revokeObjectURL(made)
    }
  }, [bytes, type])
  return url
}
