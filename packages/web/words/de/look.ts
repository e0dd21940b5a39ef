// The words of en/look.ts, in German.

import type { look as en } from '../en/look.ts'

export const look: typeof en = {
  skip: 'Zum Gespräch springen',
  back: 'Zurück',
  close: 'Schließen',
  justDone: 'Was gerade geschah',
  undo: 'Rückgängig',
  save: 'Speichern',
  add: 'Hinzufügen',
  copy: 'Kopieren',
  copied: 'Kopiert',
  details: 'Einzelheiten',
  again: 'Noch einmal versuchen',
  more: 'Mehr zeigen',
  loading: 'Einen Moment',
  yes: 'Ja',
  no: 'Nein',
  you: 'Du',
  onlyHere:
    'Dieser Server ist nur auf diesem Computer: Der Link öffnet sich hier, in einem anderen Browser, und sonst nirgends.',
}
