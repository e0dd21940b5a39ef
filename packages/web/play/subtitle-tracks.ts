// Subtitles that were sent along, put to a player as cues: read whole, since they are small, and made of text alone.

import { type MediaReader, readWhole } from './media-reader.ts'
import { asCueText, parseSubtitles, subtitleLanguage, SUBTITLES_BYTES_MAX } from './subtitles.ts'

export interface SubtitleFile {
  readonly name: string
  readonly reader: MediaReader
}

/** Files beyond are left alone: no film has them. */
const TRACKS_MAX = 16

/** The first is shown; the others stand in the player's menu. Resolves with the names of those that could not be read. */
export async function addSubtitles(
  player: HTMLMediaElement,
  files: readonly SubtitleFile[],
  signal: AbortSignal,
): Promise<string[]> {
  const unread: string[] = []
  for (const { name, reader } of files.slice(0, TRACKS_MAX)) {
    // Tracks cannot be taken away again: a player that comes back has them already.
    if ([...player.textTracks].some(({ label }) => label === name)) continue
    try {
      const bytes = await readWhole(reader, 0, Math.min(reader.sizeBytes, SUBTITLES_BYTES_MAX), signal)
      const cues = parseSubtitles(bytes)
      if (cues.length === 0 || [...player.textTracks].some(({ label }) => label === name)) continue
      const isFirst = player.textTracks.length === 0
      const track = player.addTextTrack('subtitles', name, subtitleLanguage(name))
      for (const { startS, endS, text } of cues) track.addCue(new VTTCue(startS, endS, asCueText(text)))
      track.mode = isFirst ? 'showing' : 'disabled'
    } catch {
      if (signal.aborted) return unread
      // A film without its subtitles is still a film.
      unread.push(name)
    }
  }
  return unread
}
