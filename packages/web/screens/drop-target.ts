// Files dropped on a place, or pasted: what comes in, folders walked, as GivenFile. What becomes of them is the caller's business.

import { useEffect, useRef, useState, type DragEvent } from 'react'
import type { GivenFile } from '../cards/given-file.ts'

/** Files taken of one drop: a folder of a whole disk is a slip of the hand. */
const FILES_MAX = 10_000

/** What came of a drop and is not to be sent. Where neither is so, nothing was in it. */
export interface Lost {
  /** Names that could not be read. */
  readonly unread: readonly string[]
  /** Of so many files, the first, more than were taken. */
  readonly most?: number
}

/** `onLost`: for who is not there any more to show `lost`. */
export function useDropTarget(
  onGiven: (given: readonly GivenFile[]) => void,
  allowed: boolean,
  onLost?: (lost: Lost) => void,
) {
  const [over, setOver] = useState(false)
  const [lost, setLost] = useState<Lost>()
  // Children send enter and leave too: as many left as entered is outside.
  const depth = useRef(0)
  const hasFiles = (event: DragEvent) => allowed && event.dataTransfer.types.includes('Files')
  return {
    over,
    lost,
    forgetLost: () => setLost(undefined),
    onDragEnter(event: DragEvent) {
      if (!hasFiles(event)) return
      event.preventDefault()
      depth.current += 1
      setOver(true)
    },
    onDragOver(event: DragEvent) {
      if (hasFiles(event)) event.preventDefault()
    },
    onDragLeave() {
      depth.current = Math.max(0, depth.current - 1)
      if (depth.current === 0) setOver(false)
    },
    onDrop(event: DragEvent) {
      depth.current = 0
      setOver(false)
      if (!hasFiles(event)) return
      event.preventDefault()
      // Entries are gone once this handler has returned: they are taken out now, and read afterwards.
      const entries = [...event.dataTransfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
      void filesIn(entries).then(({ given, unread, isCut }) => {
        if (given.length > 0) onGiven(given)
        const isWhole = unread.length === 0 && given.length > 0 && !isCut
        const left = isWhole ? undefined : { unread, ...(isCut && { most: given.length }) }
        if (left) onLost?.(left)
        setLost(left)
      })
    },
  }
}

/** Files pasted anywhere on the page while this stands: nobody knows where its focus is. */
export function usePastedFiles(onGiven: (given: readonly GivenFile[]) => void, allowed: boolean): void {
  const newest = useRef(onGiven)
  useEffect(() => {
    newest.current = onGiven
  })
  useEffect(() => {
    if (!allowed) return
    const take = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      newest.current(files.map((file) => ({ file, folder: [] })))
    }
    document.addEventListener('paste', take)
    return () => document.removeEventListener('paste', take)
  }, [allowed])
}

/** Whatever can be read, up to `filesMax`; `unread`: names of files and folders that could not; `isCut`: there is more. */
export async function filesIn(
  entries: readonly FileSystemEntry[],
  filesMax = FILES_MAX,
): Promise<{ readonly given: readonly GivenFile[]; readonly unread: readonly string[]; readonly isCut: boolean }> {
  const found: GivenFile[] = []
  const unread: string[] = []
  let isCut = false
  const look = async (entry: FileSystemEntry, folder: readonly string[]): Promise<void> => {
    if (isCut) return
    try {
      if (entry.isFile) {
        isCut = found.length >= filesMax
        if (isCut) return
        const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))
        found.push({ file, folder })
      } else if (entry.isDirectory) {
        for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
          await look(child, [...folder, entry.name])
      }
    } catch {
      // Gone meanwhile, or not this user's to read: the rest is taken, and this is said by name.
      unread.push(entry.name)
    }
  }
  for (const entry of entries) await look(entry, [])
  return { given: found, unread, isCut }
}

/** readEntries gives a hundred at a time, until it gives none (File and Directory Entries API). */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed))
    if (some.length === 0) return all
    all.push(...some)
  }
}
