// The words of en/play.ts, in German.

import type { play as en } from '../en/play.ts'

export const play: typeof en = {
  waiting: 'Der nächste Teil kommt noch',
  stopped: 'Es kam nicht weiter. Was hier ist, bleibt.',
  again: 'Hier weitermachen',
  noSubtitles: (names: string) => `Untertitel waren nicht zu lesen: ${names}`,
  cannot: 'Dieser Browser kann das nicht zeigen. Speichere es und öffne es mit einem Programm, das es kann.',
  save: 'Speichern',
  longText: 'Der Text geht weiter. Zum Lesen des ganzen Textes speichern.',
  updateReady: 'Eine neuere Version ist da.',
  update: 'Neu laden und aktualisieren',
  storage: 'In diesem Browser aufgehoben',
  storageSays: 'Filme und Dateien, die hier geholt wurden. Sie bleiben, bis du sie wegräumst.',
  used: (used: string, quota: string) => `${used} belegt von ${quota}, die dieser Browser gibt`,
  roomUnknown: (used: string) => `${used} aufgehoben. Wie viel Platz er gibt, sagt dieser Browser nicht.`,
  mayBeCleared: 'Dieser Browser darf sie selbst wegräumen, wenn die Platte voll ist.',
  nothingKept: 'Hier ist noch nichts aufgehoben.',
  clear: 'Wegräumen',
  clearNamed: (name: string) => `${name} wegräumen`,
  clearAll: 'Alles wegräumen',
  cleared: (name: string) => `${name} ist weggeräumt.`,
  clearedAll: 'Alle aufgehobenen Kopien sind weggeräumt.',
  partHere: (here: string, size: string) => `${here} von ${size} sind hier`,
  offer: 'Anderen Empfängern anbieten',
  offerSays: 'Wem derselbe Film geschickt wurde, kann ihn auch aus diesem Tab holen, solange er offen ist.',
}
