// Which sent messages this page can still give out: a browser forgets chosen files when the page goes, and knows them again once they are
// chosen again. A file may go or change meanwhile: the device tells when somebody asked for it in vain.

import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { DeviceConnection, DeviceEvent, TalkMessage } from '../device-connection.ts'
import { useDevice } from '../device.ts'

/** away: it cannot be read where it was. changed: it is not the one that was sent. */
export type CannotGive = 'away' | 'changed'

interface GivenHere {
  has(id: string): boolean
  note(id: string): void
  cannot(id: string): CannotGive | undefined
  hear(event: DeviceEvent): void
  /** More of it went out: what was away is back. */
  goesAgain(id: string): void
  onChange(listener: () => void): () => void
}

const known = new WeakMap<DeviceConnection, GivenHere>()

function givenHereOf(device: DeviceConnection): GivenHere {
  const before = known.get(device)
  if (before) return before
  const one = createGivenHere()
  known.set(device, one)
  // As long as the device.
  device.onEvent(one.hear)
  return one
}

export function createGivenHere(): GivenHere {
  const ids = new Set<string>()
  const troubles = new Map<string, CannotGive>()
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  return {
    has: (id) => ids.has(id),
    note(id) {
      ids.add(id)
      troubles.delete(id)
      tell()
    },
    cannot: (id) => troubles.get(id),
    hear({ event, id, why }) {
      // Of messages that were sent from here; what others sent is given out as well.
      if (event !== 'cannot-serve' || typeof id !== 'string' || !ids.has(id)) return
      const trouble = why === 'SourceChanged' ? 'changed' : 'away'
      if (troubles.get(id) === trouble || troubles.get(id) === 'changed') return
      troubles.set(id, trouble)
      tell()
    },
    goesAgain(id) {
      // One that changed stays so, while others of the message go.
      if (troubles.get(id) !== 'away') return
      troubles.delete(id)
      tell()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** This page read its files just now, to send them. */
export function noteGiven(device: DeviceConnection, id: string): void {
  givenHereOf(device).note(id)
}

export function isGivenHere(device: DeviceConnection, id: string): boolean {
  return givenHereOf(device).has(id)
}

export function useGivenHere(id: string): boolean {
  const here = givenHereOf(useDevice())
  return useSyncExternalStore(here.onChange, () => here.has(id))
}

/** Why somebody asked for it in vain; `uploadedBytes`: how much of it went out. */
export function useCannotGive(id: string, uploadedBytes: number): CannotGive | undefined {
  const here = givenHereOf(useDevice())
  const before = useRef(uploadedBytes)
  useEffect(() => {
    if (uploadedBytes > before.current) here.goesAgain(id)
    before.current = uploadedBytes
  }, [here, id, uploadedBytes])
  return useSyncExternalStore(here.onChange, () => here.cannot(id))
}

type Media = Pick<TalkMessage['media'][number], 'name' | 'sizeBytes' | 'folder'>

/** A message, or a link. */
export interface Given {
  readonly id: string
  readonly media: readonly Media[]
}

/** Those of the chosen files that were sent, by name and size, each with the folders it was sent in. Pure. */
export function matching<One extends Pick<File, 'name' | 'size'>>(
  media: readonly Media[],
  chosen: readonly One[],
): { readonly found: readonly (readonly [One, readonly string[]])[]; readonly missing: readonly Media[] } {
  const left = new Set(chosen)
  const found: (readonly [One, readonly string[]])[] = []
  const missing = media.filter(({ name, sizeBytes, folder = [] }) => {
    const one = [...left].find((file) => file.name === name && file.size === sizeBytes)
    if (!one) return true
    left.delete(one)
    found.push([one, folder])
    return false
  })
  return { found, missing }
}

/** Answers what of the message was not among them. */
export function giveAgain(device: DeviceConnection, message: Given, chosen: readonly File[]): readonly Media[] {
  const { found, missing } = matching(message.media, chosen)
  for (const [file, folder] of found) device.registerFile(file, [...folder])
  if (missing.length === 0) givenHereOf(device).note(message.id)
  return missing
}
