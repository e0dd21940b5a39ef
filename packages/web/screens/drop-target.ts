// Files dropped on a place: what comes in, folders walked, as GivenFile. What becomes of them is the caller's business.

import { useRef, useState, type DragEvent } from 'react'
import type { GivenFile } from '../cards/given-file.ts'

/** Files taken of one drop: a folder of a whole disk is a slip of the hand. */
const FILES_MAX = 10_000

export function useDropTarget(onGiven: (given: readonly GivenFile[]) => void, allowed: boolean) {
  const [over, setOver] = useState(false)
  // Children send enter and leave too: as many left as entered is outside.
  const depth = useRef(0)
  const hasFiles = (event: DragEvent) => allowed && event.dataTransfer.types.includes('Files')
  return {
    over,
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
      void walk(entries).then((given) => {
        if (given.length > 0) onGiven(given)
      })
    },
  }
}

async function walk(entries: readonly FileSystemEntry[]): Promise<GivenFile[]> {
  const found: GivenFile[] = []
  const look = async (entry: FileSystemEntry, folder: readonly string[]): Promise<void> => {
    if (found.length >= FILES_MAX) return
    if (entry.isFile) {
      const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))
      found.push({ file, folder })
    } else if (entry.isDirectory) {
      for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
        await look(child, [...folder, entry.name])
    }
  }
  for (const entry of entries) await look(entry, [])
  return found
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
