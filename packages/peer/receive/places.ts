// Under which names the media of one message are put: safe, with their folders, and no two the same on any system.
// Pure: the same message always gives the same names, so that a fetch finds its beginnings again. Names that are taken in
// the folder by something else are the part file's business.

import { collisionKey, numbered, safePath } from '@doorpost/protocol/file-name'
import type { Handle } from '@doorpost/protocol/handle'

/** Per media, in order: folders outermost first, then the file name; each one safe component. */
export function placesOf(media: readonly Pick<Handle, 'name' | 'folder'>[]): string[][] {
  /** Spelling of a folder as it was first seen, by key: `Photos` and `photos` are one. */
  const spelled = new Map<string, string[]>()
  const safe = media.map(({ folder = [], name }) => safePath(folder, name))
  for (const components of safe) {
    for (let depth = 1; depth < components.length; depth++) {
      const key = keyOf(components.slice(0, depth))
      const parent = depth > 1 ? (spelled.get(keyOf(components.slice(0, depth - 1))) ?? []) : []
      if (!spelled.has(key)) spelled.set(key, [...parent, components[depth - 1] as string])
    }
  }
  const taken = new Set(spelled.keys())
  return safe.map((components) => {
    const folders = components.slice(0, -1)
    const folder = folders.length > 0 ? (spelled.get(keyOf(folders)) ?? folders) : []
    const first = components.at(-1) as string
    let name = first
    for (let number = 2; taken.has(keyOf([...folder, name])); number++) name = numbered(first, number)
    taken.add(keyOf([...folder, name]))
    return [...folder, name]
  })
}

function keyOf(components: readonly string[]): string {
  return components.map(collisionKey).join('/')
}
