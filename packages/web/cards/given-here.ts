// Which sent messages this page can still give out: a browser forgets chosen files when the page goes, and knows them again once they are
// chosen again.

import { useSyncExternalStore } from 'react'
import type { DeviceConnection, TalkMessage } from '../device-connection.ts'
import { useDevice } from '../device.ts'

interface GivenHere {
  has(id: string): boolean
  note(id: string): void
  onChange(listener: () => void): () => void
}

const known = new WeakMap<DeviceConnection, GivenHere>()

function givenHereOf(device: DeviceConnection): GivenHere {
  const one = known.get(device) ?? createGivenHere()
  known.set(device, one)
  return one
}

function createGivenHere(): GivenHere {
  const ids = new Set<string>()
  const listeners = new Set<() => void>()
  return {
    has: (id) => ids.has(id),
    note(id) {
      ids.add(id)
      for (const listener of listeners) listener()
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
