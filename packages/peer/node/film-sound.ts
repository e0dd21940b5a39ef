// The sound of a film by ffmpeg: what it is asked for, and the packets in what it writes.

import type { LiveFormat } from '@doorpost/protocol/live/control'
import type { FilmFrame } from '../live/film-step.ts'
import { Trouble } from '../operations.ts'
import { OPUS_PACKET_US, OPUS_RATE_HZ, readOggOpus } from '../live/ogg-opus.ts'

/** What ffmpeg calls it; few of them are made without. */
export const OPUS_ENCODER = 'libopus'
/** Bits per second: speech and music, in stereo. */
const BITS_PER_SECOND = 64_000
/** Of each packet, bytes: header, key id, tag, and what carries it. */
const AROUND_BYTES = 40
/** Gaps and overlaps of more than this are made good, s: what a film that begins again, or was cut, has between its parts would add up. */
const APART_S = 0.02
/** What is announced above what the encoder aims for. */
const BURST = 1.25

/** What a broadcast says of it. */
export function soundFormat(channels: number): {
  readonly audio: NonNullable<LiveFormat['audio']>
  readonly bytesPerSecond: number
} {
  return {
    audio: { codec: 'opus', channels: Math.min(channels, 2), sampleRateHz: OPUS_RATE_HZ },
    bytesPerSecond: Math.ceil((BITS_PER_SECOND / 8) * BURST + (AROUND_BYTES * 1e6) / OPUS_PACKET_US),
  }
}

/** One more output, onto `pipe`. What is missing in the film is silence, so that packets follow each other. */
export function soundArgs({ channels }: NonNullable<LiveFormat['audio']>, pipe: number): string[] {
  const sound = [
    '-map',
    '0:a:0',
    '-vn',
    '-sn',
    '-map_metadata',
    '-1',
    '-af',
    `aresample=async=1:first_pts=0:min_hard_comp=${APART_S}`,
  ]
  const opus = ['-c:a', OPUS_ENCODER, '-b:a', String(BITS_PER_SECOND), '-vbr', 'constrained', '-frame_duration', '20']
  // A page for each packet: nothing waits for a page to be full.
  const ogg = ['-page_duration', String(OPUS_PACKET_US), '-flush_packets', '1', '-f', 'ogg', `pipe:${pipe}`]
  return [...sound, '-ac', String(channels), '-ar', String(OPUS_RATE_HZ), ...opus, ...ogg]
}

/** For an ffmpeg that said something about it. */
export function noOpus(said: string): Trouble {
  return new Trouble('not-available', 'ffmpeg can make no Opus sound here.', {
    todo: 'Show the pictures alone: --no-sound.',
    cause: said,
  })
}

/** `push` throws RangeError on anything else than soundArgs asks for. */
export function cutSound(): { push(bytes: Uint8Array): FilmFrame[] } {
  const reader = readOggOpus()
  return {
    push: (chunk) =>
      reader.push(chunk).map(({ atUs, bytes }) => ({ kind: 'audio' as const, isKey: false, atUs, bytes })),
  }
}
