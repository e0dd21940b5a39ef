// What a sender's media may be to this page: an allow-list, whatever its sender calls it. What is not on it is saved and never shown, so
// that nothing active (HTML, SVG, XML, a PDF as a document) is ever a document of this origin.

/** film and sound: by the browser's own player. picture and text: by us. none: saved alone. */
export type Shown = 'film' | 'sound' | 'picture' | 'text' | 'none'

/** What the service worker may say a media is. Anything else is bytes for a disk. */
const SHOWN: Readonly<Record<string, Exclude<Shown, 'none'>>> = {
  'video/mp4': 'film',
  'video/webm': 'film',
  'video/ogg': 'film',
  'video/quicktime': 'film',
  'video/x-matroska': 'film',
  'video/matroska': 'film',
  'video/x-m4v': 'film',
  'video/3gpp': 'film',
  'audio/mpeg': 'sound',
  'audio/mp4': 'sound',
  'audio/x-m4a': 'sound',
  'audio/aac': 'sound',
  'audio/ogg': 'sound',
  'audio/opus': 'sound',
  'audio/webm': 'sound',
  'audio/flac': 'sound',
  'audio/x-flac': 'sound',
  'audio/wav': 'sound',
  'audio/x-wav': 'sound',
  'image/jpeg': 'picture',
  'image/png': 'picture',
  'image/gif': 'picture',
  'image/webp': 'picture',
  'image/avif': 'picture',
  'text/plain': 'text',
  'text/vtt': 'text',
  'application/x-subrip': 'text',
}

/** Under their other names: what browsers' canPlayType knows. */
const CALLED: Readonly<Record<string, string>> = {
  'video/quicktime': 'video/mp4',
  'video/x-m4v': 'video/mp4',
  'video/matroska': 'video/x-matroska',
  'audio/x-m4a': 'audio/mp4',
  'audio/x-flac': 'audio/flac',
  'audio/x-wav': 'audio/wav',
  'audio/opus': 'audio/ogg',
}

/** By the end of a name, where a sender's program knew no type. */
const BY_ENDING: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4v: 'video/x-m4v',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  ogv: 'video/ogg',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/opus',
  flac: 'audio/flac',
  wav: 'audio/wav',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  txt: 'text/plain',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
}

/** Bytes for a disk. */
export const PLAIN_BYTES = 'application/octet-stream'

/** A type as it is written on the wire, without parameters: `Video/MP4; codecs="…"` is `video/mp4`. */
function essence(type: string): string {
  return (type.split(';')[0] ?? '').trim().toLowerCase()
}

function typeOf(type: string, name: string): string {
  const said = essence(type)
  if (said !== '' && said !== PLAIN_BYTES) return said
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return BY_ENDING[ending] ?? PLAIN_BYTES
}

/** How a media would be shown, whether or not this browser can; no word is taken for more than a hint. */
export function shownAs({ type, name }: { readonly type: string; readonly name: string }): Shown {
  const known = typeOf(type, name)
  return Object.hasOwn(SHOWN, known) ? (SHOWN[known] ?? 'none') : 'none'
}

/**
 * What its bytes are given out as to this page's own players. Text is given to nobody but us; so all that is not film, sound or
 * picture is plain bytes.
 */
export function servedType(media: { readonly type: string; readonly name: string }): string {
  const shown = shownAs(media)
  if (shown !== 'film' && shown !== 'sound' && shown !== 'picture') return PLAIN_BYTES
  const known = typeOf(media.type, media.name)
  return CALLED[known] ?? known
}

/** Whether a service worker may say this of a body: its own look at what the page asks for. */
export function mayBeServedAs(type: string): boolean {
  return type === PLAIN_BYTES || (Object.hasOwn(SHOWN, type) && SHOWN[type] !== 'text')
}
