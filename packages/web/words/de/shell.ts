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
  offlineLong:
    'Dein Server ist nicht zu erreichen. Was du schreibst, geht hinaus, sobald er wieder da ist. Gehen andere Seiten hier, frag, wer ihn betreibt.',
  accountClosed: 'Wer deinen Server betreibt, hat dieses Konto geschlossen. Was dir geschickt wird, wartet dort.',
  out: {
    revoked: {
      line: 'Dieser Browser ist keins deiner Geräte mehr. Hier geht nichts mehr hinaus oder herein.',
      title: 'Dieser Browser wurde widerrufen',
      says: (when) =>
        `Du hast ihn auf einem anderen deiner Geräte widerrufen${when}. Von hier wird nichts mehr gesendet, geholt oder weitergegeben; was noch zu senden war, bleibt hier.`,
      todo: 'Um diesen Browser wieder zu verwenden, leere ihn, wähle „Ich habe Doorpost auf einem anderen Gerät“ und füge ihn auf deinem ersten Gerät hinzu.',
    },
    'taken-over': {
      line: 'Dein Konto wurde mit den Wiederherstellungswörtern auf ein anderes Gerät geholt. Hier geht nichts mehr hinaus oder herein.',
      title: 'Dein Konto ist jetzt auf einem anderen Gerät',
      says: (when) =>
        `Es wurde mit seinen Wiederherstellungswörtern zurückgeholt${when}. Kein früheres Gerät gehört mehr dazu: Von hier wird nichts mehr gesendet, geholt oder weitergegeben.`,
      todo: 'Warst du das, leere diesen Browser und füge ihn auf deinem neuen Gerät wieder hinzu. Warst du es nicht, hat jemand deine Wörter: Hol das Konto selbst damit zurück, und sag es deinen Kontakten auf anderem Weg.',
    },
    'no-account': {
      line: 'Dein Server kennt deinen Namen nicht mehr. Was du schreibst, wartet hier.',
      title: 'Dein Server kennt deinen Namen nicht mehr',
      says: (_when) =>
        'Dein Konto wurde entfernt, oder der Server hat von vorn begonnen. Es wird von selbst wieder versucht; was du schreibst, wartet so lange hier.',
      todo: 'Frag, wer den Server betreibt. Kommt dein Konto nicht wieder, leere diesen Browser, um mit einem anderen zu beginnen.',
    },
    'other-account': {
      line: 'Auf deinem Server hat jetzt jemand anderes deinen Namen. Was du schreibst, wartet hier.',
      title: 'Jemand anderes hat jetzt deinen Namen',
      says: (_when) =>
        'Das Konto dieses Namens auf deinem Server hat einen anderen Schlüssel als deines. Es wird von selbst wieder versucht; was du schreibst, wartet so lange hier.',
      todo: 'Frag, wer den Server betreibt, und sag deinen Kontakten auf anderem Weg, dass du das nicht bist.',
    },
    'put-back': {
      line: 'Dein Server wurde auf einen Stand gesetzt, bevor dieses Gerät dazukam. Öffne Doorpost auf deinem ersten Gerät.',
      title: 'Dein Server ist auf einem früheren Stand',
      says: (_when) => 'Er kennt dieses Gerät noch nicht, das danach dazukam. Was du schreibst, wartet hier.',
      todo: 'Öffne Doorpost auf deinem ersten Gerät. Es sagt es dem Server wieder, und hier geht es von selbst weiter.',
    },
  },
  outWhen: (when) => `, ${when}`,
  outMore: 'Was tun',
  outHere: 'Von hier lässt sich nichts mehr senden.',
  outKept: 'Was hier ist, bleibt zu lesen und zu sichern, bis du diesen Browser leerst.',
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
