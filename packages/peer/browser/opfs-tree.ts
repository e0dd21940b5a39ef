// Paths in the browser's own file system for this origin (File System Standard, "origin private"), or in what stands in for it
// (origin-storage.ts): absolute, with slashes, below one folder of ours. Nothing here is reached by anybody but this origin's pages.

import { Trouble } from '../operations.ts'
import { originStorage } from './origin-storage.ts'

/** Ours, so that everything goes with one call when a device is forgotten. */
const TOP = 'doorpost'
/** Tries for a file that a worker which is just ending still holds, and the wait between them, ms. */
const HELD_TRIES = 30
const HELD_WAIT_MS = 100

/** FileSystemSyncAccessHandle (File System Standard section 2.7), which only the types of workers know, or chunked-file.ts's. */
export interface SyncFile {
  /** Answers how many bytes. */
  read(into: Uint8Array, options: { readonly at: number }): number | Promise<number>
  write(bytes: Uint8Array, options: { readonly at: number }): number
  getSize(): number
  truncate(sizeBytes: 0): void
  /** Forces data to the disk. */
  flush(): void
  /** Where that takes a while: when it is done, with everything that was written before. */
  settled?(): Promise<void>
  close(): void
}

/** For a file that nobody else can have open. Rejects DOMException. */
export async function syncFile(file: FileSystemFileHandle): Promise<SyncFile> {
  return await (file as FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncFile> }).createSyncAccessHandle()
}

/**
 * All of it, or throws DOMException QuotaExceededError: a file in a private window of Chromium ends below 2 GiB, and what is beyond it is
 * not written but answered by an error's code as if it were a count.
 */
export function writeAll(file: Pick<SyncFile, 'write'>, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at)
    const written = file.write(rest, { at: offset + at })
    if (!(written > 0 && written <= rest.length)) {
      throw new DOMException('nothing more was written', 'QuotaExceededError')
    }
    at += written
  }
}

export interface OpfsTree {
  /** Undefined where it is not there and not to be made. */
  folder(path: string, create?: boolean): Promise<FileSystemDirectoryHandle | undefined>
  file(path: string): Promise<FileSystemFileHandle | undefined>
  /** A folder with everything in it, or a file; nothing there is no error. */
  remove(path: string): Promise<void>
}

/** `top`: the folder that it is all in; others than the device have theirs. */
export async function openOpfsTree(
  storage: Pick<StorageManager, 'getDirectory'> = originStorage(),
  top = TOP,
): Promise<OpfsTree> {
  const root = await storage.getDirectory().catch((cause: unknown) => {
    throw new Trouble('cannot-write', 'This browser does not let the page keep files.', {
      cause,
      todo: 'Open it in a window that is not private.',
    })
  })

  async function folder(path: string, create = false): Promise<FileSystemDirectoryHandle | undefined> {
    try {
      let at = await root.getDirectoryHandle(top, { create: true })
      for (const component of componentsOf(path)) at = await at.getDirectoryHandle(component, { create })
      return at
    } catch (error) {
      if (!create && isMissing(error)) return undefined
      throw error
    }
  }
  return {
    folder,
    async file(path) {
      try {
        return await (await folder(folderOf(path)))?.getFileHandle(nameOf(path))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async remove(path) {
      try {
        await (await folder(folderOf(path)))?.removeEntry(nameOf(path), { recursive: true })
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    },
  }
}

/** Takes everything of ours away. */
export async function deleteOpfsTree(
  storage: Pick<StorageManager, 'getDirectory'> = originStorage(),
  top = TOP,
): Promise<void> {
  const root = await storage.getDirectory()
  await root.removeEntry(top, { recursive: true }).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** The only handle of a file; waits a moment for a worker that is just ending. Undefined while somebody else holds it. */
export async function holdFile(file: FileSystemFileHandle): Promise<SyncFile | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await syncFile(file)
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NoModificationAllowedError') throw error
      if (tries === HELD_TRIES) return undefined
      await new Promise((resolve) => setTimeout(resolve, HELD_WAIT_MS))
    }
  }
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((component) => component !== '')
}

/** Nothing of that name, or something of another kind. */
function isMissing(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'NotFoundError' || error.name === 'TypeMismatchError')
}
