// The words of en/shell.ts, in German.

import type { shell as en } from '../en/shell.ts'

export const shell: typeof en = {
  name: 'Doorpost',
  conversations: 'Gespräche',
  contacts: 'Kontakte',
  requests: 'Anfragen',
  settings: 'Einstellungen',
  newConversation: 'Neues Gespräch',
  offline: 'Offline. Was du schreibst, geht hinaus, sobald die Verbindung wieder da ist.',
  accountClosed: 'Wer deinen Server betreibt, hat dieses Konto geschlossen. Was dir geschickt wird, wartet dort.',
  backOnline: 'Die Verbindung ist wieder da.',
  opening: 'Wird geöffnet',
  elsewhereTitle: 'Doorpost ist in einem anderen Tab offen',
  elsewhereSays: 'Immer nur ein Tab ist dein Gerät, damit nichts doppelt geholt wird oder dazwischen verloren geht.',
  takeOver: 'In diesem Tab verwenden',
  closedTitle: 'Doorpost läuft in diesem Tab nicht mehr',
  closedBy: {
    ended:
      'Der Teil dieser Seite, der dein Gerät ist, ist zu Ende. Was im Gange war, geht weiter, wenn du die Seite neu lädst.',
    cleared:
      'Dieser Browser hat gelöscht, was Doorpost hier aufbewahrt hat: deine Schlüssel, Gespräche und Kopien. Lade die Seite neu und komm von einem anderen Gerät oder mit deinen Wiederherstellungswörtern herein.',
    'no-storage':
      'Dieser Browser lässt die Seite nichts aufbewahren, darum kann er nicht dein Gerät sein. Erlaube dieser Website, Daten zu speichern, oder öffne sie in einem Fenster, das nicht privat ist.',
  },
  reload: 'Seite neu laden',
  lost: 'Unter dieser Adresse gibt es nichts',
  toStart: 'Zu den Gesprächen',
  roomFailed: 'Dieser Teil der Seite ließ sich nicht laden.',
  roomFailedTodo: 'Prüfe die Verbindung und lade dann die Seite neu.',
}
