// The browser's own window to choose files or a folder, opened by whoever holds `of`; it is never seen itself.

import type { RefObject } from 'react'

export function FilePicker({
  of,
  onFiles,
  isFolder = false,
}: {
  readonly of: RefObject<HTMLInputElement | null>
  /** Never none. */
  readonly onFiles: (chosen: readonly File[]) => void
  readonly isFolder?: boolean
}) {
  return (
    <input
      ref={of}
      type="file"
      multiple
      hidden
      {...(isFolder && { webkitdirectory: '' })}
      onChange={(event) => {
        const chosen = [...(event.target.files ?? [])]
        // The same files can be chosen again.
        event.target.value = ''
        if (chosen.length > 0) onFiles(chosen)
      }}
    />
  )
}
