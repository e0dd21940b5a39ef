// Keeps a film's sound in step with its pictures. Both say when they are in the film; an encoder takes longer for a picture than for sound.
// Here both become times of the device's clock, and sound waits until it is as late as the pictures are. Pure: frames and times in, frames out.

import { AUDIO_AGE_MAX_MS } from '@doorpost/protocol/live/limits'
import type { EncodedFrame } from './source.ts'

/** How long the shortest delay is remembered, us: who falls behind, on a busy machine, is followed within two of these. */
const REMEMBERED_US = 1_000_000
/** How far the clock gives way at a time to delays that are longer, us: what is under way meanwhile is so much out of step, and nobody sees that. */
const GIVES_WAY_US = 20_000
/** Further behind than this, us, sound would be heard before what it belongs to is seen: the clock is set anew. */
const BEHIND_US = 80_000
/** Packets of sound that wait for their picture at most: two seconds. More of them means that no pictures come. */
export const WAITING_MAX = 100

/** `atUs`: since the beginning of the film; undefined where only its coming says when it was. */
export interface FilmFrame extends Pick<EncodedFrame, 'kind' | 'isKey' | 'bytes'> {
  readonly atUs: number | undefined
}

export interface FilmStep {
  /** What leaves now. Each kind keeps its order; its times never go back and are never yet to come. */
  take(frame: FilmFrame, nowUs: number): EncodedFrame[]
  /** What waits still when the film is over: as late as its pictures are, and no later than sound may be. */
  end(nowUs: number): EncodedFrame[]
}

/** `by`: whose delay the clock goes by. Sound's only where there are no pictures. */
export function createFilmStep(by: 'picture' | 'audio'): FilmStep {
  /** Device's clock less the film's, by the shortest delay of late. */
  let offsetUs = Infinity
  let newerUs = Infinity
  let sinceUs = -Infinity
  const lastUs = { picture: 0, still: 0, audio: 0 }
  let waiting: (FilmFrame & { readonly atUs: number })[] = []

  function look(atUs: number, nowUs: number): void {
    if (nowUs - sinceUs > REMEMBERED_US) {
      const behindUs = newerUs - offsetUs
      if (newerUs !== Infinity) offsetUs += behindUs > BEHIND_US ? behindUs : Math.min(behindUs, GIVES_WAY_US)
      newerUs = Infinity
      sinceUs = nowUs
    }
    newerUs = Math.min(newerUs, nowUs - atUs)
    offsetUs = Math.min(offsetUs, newerUs)
  }

  function timed({ kind, isKey, bytes, atUs }: FilmFrame, latestUs: number): EncodedFrame {
    const filmUs = atUs === undefined ? latestUs : Math.round(atUs + offsetUs)
    const capturedAtUs = Math.max(lastUs[kind], Math.min(latestUs, filmUs))
    lastUs[kind] = capturedAtUs
    return { kind, isKey, layer: 0, capturedAtUs, bytes }
  }

  function due(nowUs: number): EncodedFrame[] {
    const first = waiting.findIndex(({ atUs }) => atUs + offsetUs > nowUs)
    const ready = waiting.splice(0, first < 0 ? waiting.length : first)
    return ready.map((frame) => timed(frame, nowUs))
  }

  return {
    take(frame, nowUs) {
      const { kind, atUs } = frame
      if (kind === by && atUs !== undefined) look(atUs, nowUs)
      if (kind !== 'audio' || atUs === undefined) return [timed(frame, nowUs), ...due(nowUs)]
      waiting.push({ ...frame, atUs })
      // Of sound without pictures the newest is kept: older than this nobody would be given it.
      if (waiting.length > WAITING_MAX) waiting = waiting.slice(-WAITING_MAX)
      return due(nowUs)
    },
    end(nowUs) {
      const latestUs = nowUs + AUDIO_AGE_MAX_MS * 1000
      const left = waiting.filter(({ atUs }) => atUs + offsetUs <= latestUs)
      waiting = []
      return left.map((frame) => timed(frame, latestUs))
    },
  }
}
