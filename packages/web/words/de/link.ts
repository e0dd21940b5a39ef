// The words of en/link.ts, in German.

import type { link as en } from '../en/link.ts'
import { plural } from '../formats.ts'

const things = { film: 'einen Film', picture: 'ein Bild', sound: 'eine Aufnahme', file: 'eine Datei' } as const

export const link: typeof en = {
  title: (name, count, kind) =>
    `${name} hat dir ${count === 1 ? things[kind] : plural('de', count, { one: '1 Datei', other: `${count} Dateien` })} gesendet`,
  openUntil: (when) => `offen bis ${when}`,
  how: (name) =>
    `Es kommt vom Gerät von ${name}, den ganzen Weg versiegelt: Der Server, der es weitergibt, kann nichts davon lesen. Es spielt, während es ankommt.`,
  first: 'Ein Link ist für einen Browser: Der erste, der holt, hat ihn. Diese Seite anzusehen verbraucht nichts.',
  house: 'Was ist Doorpost?',
  straight: (name) => `Geradewegs vom Gerät von ${name} holen`,
  straightSays: (name) =>
    `Oft schneller, und ${name} ist einverstanden. Die beiden Geräte sehen dann gegenseitig ihre Netzadresse; sonst sieht deine nur der Server.`,

  kept: (size) => `${size} davon liegen in diesem Browser.`,
  clear: 'Wegräumen',
  clearSays: 'Alles von diesem Link wird aus diesem Browser genommen, auch das Recht, mehr zu holen.',
  clearAll: 'Alles wegräumen',
  keep: 'Behalten',
  cleared: 'Hier ist nichts mehr davon',
  clearedSays: 'Um es noch einmal zu holen, brauchst du einen anderen Link.',
  openAgain: 'Den Link noch einmal öffnen',

  taken: {
    title: 'Ein anderer Browser hat diesen Link',
    says: 'Jeder Link ist für den ersten Browser, der holt. Warst das nicht du, dann bitte um einen neuen.',
  },
  takenBack: {
    title: 'Dieser Link wurde zurückgenommen',
    says: 'Über ihn wird nichts mehr herausgegeben. Bitte um einen neuen.',
  },
  over: {
    title: 'Dieser Link geht nicht mehr',
    says: 'Seine Zeit ist abgelaufen, oder ein Teil davon ging unterwegs verloren. Bitte um einen neuen.',
  },
  broken: {
    title: 'Dieser Link ist nicht ganz',
    says: 'Kopiere alles davon, bis zum letzten Zeichen, und öffne ihn noch einmal.',
  },
  away: {
    title: 'Der Server ist nicht zu erreichen',
    says: 'Vielleicht ist dein Netz aus, vielleicht der Server. Versuch es in einer Weile noch einmal.',
  },
  wrong: 'Dieser Link lässt sich jetzt nicht öffnen',
  otherTab: 'Dieser Link ist in einem anderen Tab offen',
  otherTabSays: 'Mach dort weiter, oder schließ jenen Tab: Dann geht es hier weiter.',

  make: 'Einen Link machen',
  makeInstead: 'Stattdessen einen Link',
  made: 'Hier ist der Link',
  madeSays: (when) =>
    `Wer ihn zuerst hat, kann es holen, bis ${when}. Lass diesen Tab offen, bis es da ist: Es kommt aus diesem Browser.`,
  moreFields: 'Datum, Urheber, Wege',
  opens: 'Es darf geradewegs von diesem Gerät geholt werden',
  opensSays:
    'Oft schneller. Wer den Link zuerst hat, sieht dann die Netzadresse dieses Geräts, wenn er seine zeigt. Sonst geht es versiegelt über den Server.',
  opensMade: 'Wer ihn hat, darf geradewegs von diesem Gerät holen und sieht dann dessen Netzadresse.',
  copy: 'Den Link kopieren',
  share: 'Weitergeben',
  qr: 'Der Link als Bild zum Scannen',
  ownSays: 'Ein Link gibt jemandem ohne Konto einen Film: Der erste Browser, der holt, hat ihn.',
  none: 'Du hast noch keinen Link gemacht.',
  show: 'Den Link zeigen',
  revoke: 'Zurücknehmen',
  revoked: 'Zurückgenommen. Über ihn wird nichts mehr herausgegeben.',
  handOverSays:
    'Ein anderes deiner Geräte kann es über denselben Link herausgeben. Dann kannst du diesen Tab schließen.',
  handedKeepOpen: (device) => `Lass diesen Tab offen, bis ${device} es herausgibt.`,
  handedGives: (device) => `${device} gibt es heraus`,
  handedRefused: (device) => `${device} gibt es nicht heraus`,
  notYet: 'Noch nicht geholt',
  fetching: (when) => `Wird geholt, seit ${when}`,
  fetched: (when) => `Geholt, ${when}`,
  ended: (when) => `Vorbei seit ${when}`,
}
