// Subtitles that were sent along: SubRip and WebVTT into cues of plain text. What a file says about looks, places and markup is left
// out; what is left cannot be anything but text. Bounded, since anybody may have written it.

import { decodeText } from './text-decoding.ts'

/** A film of four hours has a fifth of this. */
export const SUBTITLES_BYTES_MAX = 2 * 1024 * 1024
const CUES_MAX = 20_000
/** Two full lines, many times over. */
const CUE_LENGTH_MAX = 1_000

export interface Cue {
  readonly startS: number
  readonly endS: number
  /** Lines are kept, nothing else is. */
  readonly text: string
}

const TIMES = /^\s*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-->\s*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})/

/** Cues in the order of the file; those that cannot be read are left out. */
export function parseSubtitles(bytes: Uint8Array): Cue[] {
  const lines = decodeText(bytes.subarray(0, SUBTITLES_BYTES_MAX)).split(/\r\n|\r|\n/)
  const cues: Cue[] = []
  for (let at = 0; at < lines.length && cues.length < CUES_MAX; at++) {
    const times = TIMES.exec(lines[at] ?? '')
    if (!times) continue
    const said: string[] = []
    while (at + 1 < lines.length && lines[at + 1]?.trim() !== '') {
      at += 1
      // Two cues without a line between them.
      if (TIMES.test(lines[at] ?? '')) {
        at -= 1
        // The number of the second one is no word of the first.
        if (/^\d+$/.test(said.at(-1)?.trim() ?? '')) said.pop()
        break
      }
      said.push(lines[at] ?? '')
    }
    const startS = seconds(times[1] ?? '')
    const endS = seconds(times[2] ?? '')
    const text = plainText(said.join('\n'))
    if (endS > startS && text !== '') cues.push({ startS, endS, text })
  }
  return cues
}

/** `film.de.srt` is German; what else it may be called is not guessed. */
export function subtitleLanguage(name: string): string | undefined {
  const found = /\.([a-z]{2,3})(?:-[a-z0-9]{2,8})?\.(?:srt|vtt)$/i.exec(name)
  return found?.[1]?.toLowerCase()
}

export function isSubtitles({ name, sizeBytes }: { readonly name: string; readonly sizeBytes: number }): boolean {
  return /\.(srt|vtt)$/i.test(name) && sizeBytes <= SUBTITLES_BYTES_MAX
}

/** As a VTTCue takes it: a browser reads marks in it, of which none is ours. */
export function asCueText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: '\u00a0',
  lrm: '\u200e',
  rlm: '\u200f',
}

function plainText(marked: string): string {
  return marked
    .slice(0, CUE_LENGTH_MAX)
    .replace(/<[^<>]{0,200}>/g, '')
    .replace(/\{\\[^{}]{0,100}\}/g, '')
    .replace(/&(amp|lt|gt|nbsp|lrm|rlm);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .trim()
}

function seconds(written: string): number {
  return written
    .replace(',', '.')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0)
}
