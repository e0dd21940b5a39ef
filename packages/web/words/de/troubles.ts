// What went wrong, in German, by closed code: the sentences of the device's catalogue, which are English. What the device knows more
// exactly about one trouble stands in its own English sentence; a screen in German says this one.

import type { TroubleCode } from '../../device-connection.ts'

export const troubles: Readonly<Record<TroubleCode, string>> = {
  malformed:
    'Der Server hat nicht verstanden, was ihm geschickt wurde. Vielleicht ist die Eingabe nicht vollständig, oder diese Seite und der Server sind von verschiedener Version.',
  'not-logged-in': 'Der Server fragt, wer hier ist: Die Anmeldung ist vorbei. Versuch es noch einmal.',
  'login-refused':
    'Der Server nimmt dieses Gerät nicht an. Hast du es widerrufen, füge es von deinem ersten Gerät neu hinzu; sonst frag, wer den Server betreibt.',
  'not-allowed': 'Der Server lässt dieses Gerät das nicht tun.',
  insecure:
    'Der Server nimmt eine Anmeldung nur über eine sichere Leitung, darum wurde nichts gesendet. Öffne seine https-Adresse.',
  'not-found': 'Der Server kennt nichts unter diesem Namen.',
  'no-such-method': 'Der Server kennt diesen Befehl nicht.',
  'nobody-answered': 'Das andere Gerät hat nicht rechtzeitig geantwortet. Versuch es wieder, wenn es online ist.',
  conflict: 'Eine Nachricht mit dieser Kennung und anderem Inhalt wurde schon gesendet; die erste gilt.',
  'name-taken': 'Diesen Namen hat auf diesem Server schon jemand. Wähle einen anderen.',
  'list-moved-on': 'Die Geräte des Empfängers haben sich gerade geändert. Sende es noch einmal.',
  'preferences-moved-on': 'Ein anderes deiner Geräte hat gerade die Einstellungen geändert. Versuch es noch einmal.',
  'list-refused': 'Der Server nimmt diese Geräteliste nicht an: Sie folgt nicht aus der, die er hat.',
  'too-large': 'Die Nachricht ist größer, als dieser Server annimmt. Sende weniger Dateien auf einmal.',
  'too-many': 'Das war zu oft in kurzer Zeit. Warte ein wenig und versuch es noch einmal.',
  'not-a-contact':
    'Das nimmt der Empfänger nur von Kontakten. Bitte um einen Einladungslink oder schreib zuerst eine Zeile.',
  'no-such-user': 'Auf diesem Server heißt niemand so. Prüfe, wie die Adresse geschrieben ist.',
  'other-domain': 'Dieser Server bringt noch keine Post zu anderen Servern. Schreib an Leute auf deinem eigenen.',
  'mailbox-full': 'Das Postfach des Empfängers ist voll. Die Nachricht geht hinaus, sobald Platz ist.',
  'registration-closed': 'Dieser Server nimmt niemanden mehr auf. Frag, wer ihn betreibt.',
  'invitation-needed': 'Dieser Server nimmt neue Leute auf Einladung. Bitte jemanden dort um einen Link.',
  'not-in-envelope': 'Die Nachricht nennt andere, darum bekommt dieses Gerät ihre Dateien nicht.',
  'not-permitted-by-policy': 'Die Regeln dieses Servers erlauben das nicht. Frag, wer ihn betreibt.',
  expired: 'Die Zeit ist abgelaufen. Bitte darum, dass es noch einmal gesendet wird.',
  fault: 'Daran ist der Server gescheitert. Was er angenommen hatte, ist sicher. Versuch es später noch einmal.',
  draining: 'Der Server schließt gerade. Was er angenommen hatte, ist sicher. Versuch es in einer Minute noch einmal.',
  'no-room': 'Der Server hat keinen Platz mehr. Versuch es später, oder sag es dem, der ihn betreibt.',
  'no-identity': 'Hier hat sich noch niemand angemeldet.',
  'home-in-use': 'Ein anderes Programm arbeitet hier schon und antwortet nicht.',
  'wrong-secret': 'Das sind nicht die richtigen Wörter oder nicht der richtige Code. Gib es noch einmal ein.',
  'bad-preference': 'Es wurde nichts geändert: Diese Einstellung gibt es so nicht.',
  'bad-address': 'Das ist keine Adresse. Schreib sie wie alice oder alice@example.org.',
  'mail-address': 'Das ist eine E-Mail-Adresse. Dieser Server bringt Nachrichten nur zu seinen eigenen Leuten.',
  'no-such-message': 'Diese Nachricht gibt es hier nicht.',
  'no-such-file': 'Diese Datei gibt es nicht.',
  'file-changed':
    'Die Datei hat sich geändert, während sie gelesen wurde; darum wurde nichts gesendet. Sende sie, wenn nichts mehr in sie schreibt.',
  'nothing-to-send': 'Es gibt nichts zu senden: keine Datei, keinen Text, keinen Titel.',
  'key-changed':
    'Dieser Schlüssel ist nicht der, den du kennst. Vergleiche die Sicherheitsnummer auf anderem Weg, bevor es weitergeht.',
  'list-withheld':
    'Der Server zeigt eine ältere Geräteliste, als du schon gesehen hast; darum wird nichts danach gesendet. Sag es ihnen und dem, der den Server betreibt.',
  'not-mutual': 'Ihr seid noch keine Kontakte. Füge sie hinzu und bitte sie um dasselbe.',
  'no-source': 'Kein Gerät, das es hat, ist jetzt online. Es beginnt von selbst, wenn eines zurückkommt.',
  'source-changed':
    'Die Datei des Absenders ist nicht mehr die, die gesendet wurde. Von der neuen wurde nichts genommen. Bitte darum, sie noch einmal zu senden.',
  'bad-pieces':
    'Was ankam, ist nicht das, was der Absender unterschrieben hat; darum wurde nichts davon genommen. Versuch es noch einmal.',
  'disk-full': 'Der Platz ist voll. Was schon geholt war, bleibt. Schaff Platz und hol den Rest.',
  'cannot-write': 'Die Dateien lassen sich dort nicht schreiben. Wähle einen anderen Ort.',
  'server-unreachable': 'Der Server ist nicht zu erreichen. Was zu senden ist, geht hinaus, wenn er wieder da ist.',
  'server-broke-protocol': 'Der Server hat etwas geantwortet, das keinen Sinn ergibt.',
  gone: 'Es ist weg: Der Absender hat es zurückgenommen. Bitte darum, es noch einmal zu senden.',
  'not-available': 'Das geht von hier aus nicht.',
  cancelled: 'Angehalten.',
}
