// What was chosen and written for sending, by the place that it is for, while its sheet is away: Back, another screen or another tab lose
// nothing of it. In memory alone, since files are; it goes when it was sent or given up, which can be taken back for a moment.

import { useCallback, useEffect, useState } from 'react'
import type { DeviceConnection } from '../device-connection.ts'
import { useDevice } from '../device.ts'
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
  /** What was given up is wanted again: joined to what stands there by now, and told to whoever shows the place. */
  bringBack(place: string, sheet: KeptSheet): void
  /** The returned function ends it. */
  onBack(place: string, listener: () => void): () => void
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

/** The files for a place, as its screen has them. `turn` grows when what was given up came back: whatever shows the sheet begins anew with it. */
export function useGivenFor(place: string) {
  const device = useDevice()
  const keptHere = useCallback(() => keptSheetsOf(device).of(place)?.given ?? [], [device, place])
  const [{ given, turn }, setGiven] = useState(() => ({ given: keptHere(), turn: 0 }))
  useEffect(
    () => keptSheetsOf(device).onBack(place, () => setGiven((now) => ({ given: keptHere(), turn: now.turn + 1 }))),
    [device, place, keptHere],
  )
  return {
    given,
    turn,
    give: (more: readonly GivenFile[]) => setGiven((now) => ({ ...now, given: [...now.given, ...more] })),
    letGo: () => setGiven((now) => ({ ...now, given: [] })),
  }
}

export function createKeptSheets(): KeptSheets {
  const sheets = new Map<string, KeptSheet>()
  const sent = createListeners()
  const back = createListeners()
  return {
    of: (place) => sheets.get(place),
    keep: (place, sheet) => void sheets.set(place, sheet),
    drop: (place) => void sheets.delete(place),
    sent(place) {
      sheets.delete(place)
      sent.tell(place)
    },
    onSent: sent.add,
    bringBack(place, sheet) {
      const now = sheets.get(place)
      const joined = now && now.given.length > 0 ? { ...now, ...joinedFiles(now, sheet) } : sheet
      sheets.set(place, joined)
      back.tell(place)
    },
    onBack: back.add,
  }
}

function joinedFiles(now: KeptSheet, more: KeptSheet): Pick<KeptSheet, 'given' | 'fileTitles'> {
  return { given: [...now.given, ...more.given], fileTitles: new Map([...more.fileTitles, ...now.fileTitles]) }
}

function createListeners() {
  const listeners = new Map<string, Set<() => void>>()
  return {
    tell(place: string) {
      for (const listener of [...(listeners.get(place) ?? [])]) listener()
    },
    add(place: string, listener: () => void) {
      const all = listeners.get(place) ?? new Set()
      listeners.set(place, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0) listeners.delete(place)
      }
    },
  }
}
