// The words of en/start.ts, in German.

import type { start as en } from '../en/start.ts'

export const start: typeof en = {
  title: 'Willkommen',
  says: 'Schick Filme, ohne sie hochzuladen: Sie gehen von deinem Gerät geradewegs zu denen, die du wählst, und du siehst, wann sie da sind.',
  name: 'Dein Name hier',
  nameHint: (address) => `Andere schreiben an ${address}.`,
  nameRule: 'Wie andere dich kennen: marta oder marta.lind.',
  nameBad:
    'Ein Name hat Kleinbuchstaben, Ziffern, Punkte, Binde- und Unterstriche; am Anfang und Ende steht ein Buchstabe oder eine Ziffer.',
  invitation: 'Einladung',
  invitationHint: 'Dieser Server nimmt neue Leute auf Einladung. Füge den Link ein, den du bekommen hast.',
  go: 'Anfangen',
  going: 'Einen Moment',
  have: 'Ich habe Doorpost auf einem anderen Gerät',
  haveWords: 'Ich habe Wörter zur Wiederherstellung',
  linkTitle: 'Dein Konto auch hier',
  linkSays: 'Öffne auf deinem ersten Gerät Einstellungen, dann Geräte, dann „Gerät hinzufügen“. Dort steht ein Code.',
  linkCode: 'Code oder Link',
  linkDo: 'Diesen Browser hinzufügen',
  linkDevice: 'Name dieses Browsers',
  linkCompare: 'Dein erstes Gerät zeigt jetzt eine Nummer und fragt, ob es diese ist:',
  recoverTitle: 'Mit Wörtern zurückkommen',
  recoverSays: 'Sie bringen dein Konto zurück. Nachrichten und Filme von verlorenen Geräten sind nicht darin.',
  recoverAddress: 'Deine Adresse',
  recoverWords: 'Die zwölf Wörter, der Reihe nach',
  recoverDo: 'Zurückholen',
  closedTitle: 'Dieser Server nimmt niemanden mehr auf',
  closedSays: 'Frag, wer ihn betreibt. Hast du schon ein Konto, dann komm von einem anderen Gerät herein.',
  wordsTitle: 'Schreib diese Wörter auf',
  wordsSays:
    'Gehen deine Geräte verloren, bringen sie deinen Namen und deine Kontakte zurück. Wer sie hat, kann das auch: Papier ist ein guter Ort.',
  wordsOf: (address) => `Sie bringen ${address} zurück: Schreib das dazu.`,
  wordsDone: 'Ich habe sie aufgeschrieben',
  wordsLater: 'Später',
  wordsRemind: 'Deine Wörter zur Wiederherstellung sind noch nicht aufgeschrieben.',
  wordsShow: 'Zeigen',
  lockedTitle: 'Doorpost ist gesperrt',
  lockedSays: (address) => `Öffne es als ${address} mit deinem Passkey.`,
  unlock: 'Öffnen',
  another: 'Aus diesem Browser entfernen',
  anotherSays:
    'Schlüssel, Nachrichten und behaltene Kopien in diesem Browser werden gelöscht. Das lässt sich nicht rückgängig machen.',
  anotherDo: 'Alles entfernen',
}
