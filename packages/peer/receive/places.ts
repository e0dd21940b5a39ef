// Under which names the media of one message are put: safe, with their folders, and no two the same on any system.
// Pure: the same message always gives the same names, so that a fetch finds its beginnings again. Names that are taken in
// the folder by something else are the part file's business.

import { collisionKey, numbered, safePath } from '@doorpost/protocol/file-name'
import type { Handle } from '@doorpost/protocol/handle'

/** Per media, in order: folders outermost first, then the file name; each one safe component. */
export function placesOf(media: readonly Pick<Handle, 'name' | 'folder'>[]): string[][] {
  /** Spelling of a folder as it was first seen, by key: `Photos` and `photos` are one. */
  const spelled = new Map<string, readonly string[]>()
  const safe = media.map(({ folder = [], name }) => {
    const components = safePath(folder, name)
    let folderKey = ''
    let spelling: readonly string[] = []
    for (const component of components.slice(0, -1)) {
      folderKey += `${collisionKey(component)}/`
      spelling = spelled.get(folderKey) ?? [...spelling, component]
      spelled.set(folderKey, spelling)
    }
    return { folderKey, spelling, name: components.at(-1) as string }
  })
  const taken = new Set(spelled.keys())
  /** Where numbering goes on, so that two thousand files of one name are not counted through for each of them. */
  const free = new Map<string, number>()
  return safe.map(({ folderKey, spelling, name: first }) => {
    const keyOf = (name: string) => `${folderKey}${collisionKey(name)}/`
    const alike = `${folderKey}${patternOf(first)}`
    let name = first
    let number = free.get(alike) ?? 2
    while (taken.has(keyOf(name))) name = numbered(first, number++)
    free.set(alike, number)
    taken.add(keyOf(name))
    return [...spelling, name]
  })
}

/** The same for names whose numbered forms are the same; no name holds a NUL. */
function patternOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? collisionKey(name) : `${collisionKey(name.slice(0, dot))}\0${collisionKey(name.slice(dot))}`
}
