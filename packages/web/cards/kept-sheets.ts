// What was chosen and written for sending, by the place that it is for, while its sheet is away: Back, another screen or another tab lose
// nothing of it. In memory alone, since files are; it goes when it was sent or given up.

import type { DeviceConnection } from '../device-connection.ts'
import type { Written } from './given.ts'
import type { GivenFile } from './given-file.ts'

export interface KeptSheet {
  readonly given: readonly GivenFile[]
  readonly fileTitles: ReadonlyMap<GivenFile, string>
  readonly written: Written
  readonly opens: boolean
}

interface KeptSheets {
  of(place: string): KeptSheet | undefined
  keep(place: string, sheet: KeptSheet): void
  drop(place: string): void
  /** It was sent: dropped, and told to whoever shows it by now. */
  sent(place: string): void
  /** The returned function ends it. */
  onSent(place: string, listener: () => void): () => void
}

const known = new WeakMap<DeviceConnection, KeptSheets>()

export function keptSheetsOf(device: DeviceConnection): KeptSheets {
  const one = known.get(device) ?? createKeptSheets()
  known.set(device, one)
  return one
}

/** The place of what goes to these; of nobody: of links. */
export function placeOf(to: readonly string[]): string {
  return [...to].sort().join(' ')
}

export function createKeptSheets(): KeptSheets {
  const sheets = new Map<string, KeptSheet>()
  const listeners = new Map<string, Set<() => void>>()
  return {
    of: (place) => sheets.get(place),
    keep: (place, sheet) => void sheets.set(place, sheet),
    drop: (place) => void sheets.delete(place),
    sent(place) {
      sheets.delete(place)
      for (const listener of [...(listeners.get(place) ?? [])]) listener()
    },
    onSent(place, listener) {
      const all = listeners.get(place) ?? new Set()
      listeners.set(place, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0) listeners.delete(place)
      }
    },
  }
}
