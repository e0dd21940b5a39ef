// Files that were dropped before anybody was chosen to get them: they wait, in memory alone, until somebody is.

import { useCallback } from 'react'
import { useDevice } from '../device.ts'
import type { GivenFile } from './given-file.ts'
import { type KeptSheet, keptSheetsOf, placeOf, useGivenFor } from './kept-sheets.ts'

/** No address is so: of nobody's conversation, and not of links. */
const NOBODY_YET = '?'

export interface Carried {
  readonly given: readonly GivenFile[]
  /** More of them. */
  carry(more: readonly GivenFile[]): void
  letGo(): void
  /** They stand where something is sent to these from now on; of nobody: where a link is made. */
  handTo(to: readonly string[]): void
}

export function useCarried(): Carried {
  const device = useDevice()
  const { given } = useGivenFor(NOBODY_YET)
  const sheets = keptSheetsOf(device)
  const letGo = useCallback(() => {
    sheets.drop(NOBODY_YET)
    // Heard by whoever shows them.
    sheets.bringBack(NOBODY_YET, sheetOf([]))
  }, [sheets])
  return {
    given,
    carry: useCallback((more) => sheets.bringBack(NOBODY_YET, sheetOf(more)), [sheets]),
    letGo,
    handTo: useCallback(
      (to) => {
        const carried = sheets.of(NOBODY_YET)?.given ?? []
        if (carried.length === 0) return
        sheets.bringBack(placeOf(to), sheetOf(carried))
        letGo()
      },
      [sheets, letGo],
    ),
  }
}

function sheetOf(given: readonly GivenFile[]): KeptSheet {
  const written = { title: '', text: '', copyright: '', date: '', others: '' }
  return { given, fileTitles: new Map(), written, opens: false }
}
