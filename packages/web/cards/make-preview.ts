// Makes the small picture that travels with a message: of an image, or of a film a few seconds in. Decoding and encoding are the
// browser's, beside the page's own work. Whatever cannot be done leaves no picture, and the file goes without one.

import { toBase64url } from '@doorpost/protocol/bytes'
import { PREVIEW_BYTES_MAX, PREVIEW_DURATION_MAX_S, PREVIEW_SIDE_MAX } from '@doorpost/protocol/limits'
import type { Preview } from '@doorpost/protocol/preview'
import { canPlay } from '../play/can-play.ts'
import { shownAs } from '../play/media-types.ts'

/** The best first; a browser that does not encode one gives PNG for it, which is taken for no. */
const TYPES = ['image/avif', 'image/webp', 'image/jpeg'] as const
/** Tried in turn until it fits. */
const ATTEMPTS = [
  { side: PREVIEW_SIDE_MAX, quality: 0.72 },
  { side: PREVIEW_SIDE_MAX, quality: 0.5 },
  { side: 480, quality: 0.5 },
  { side: 320, quality: 0.4 },
  { side: 160, quality: 0.3 },
] as const
/** Larger images are left without a picture rather than decoded whole, bytes. */
const IMAGE_BYTES_MAX = 96 * 1024 * 1024
/** Into a film, seconds: behind the black at its beginning. */
const FRAME_AT_S = 4
/** Of a film that gives no frame by then there is no picture, ms: a busy machine takes ten seconds for a large one. */
const FRAME_WAIT_MS = 15_000

class UnreadableFilm extends Error {}

/** Undefined where there is none to be had. Rejects with the signal's reason alone. */
export async function previewOf(file: File, signal: AbortSignal): Promise<Preview | undefined> {
  signal.throwIfAborted()
  try {
    switch (shownAs(file)) {
      case 'picture':
        return file.size > IMAGE_BYTES_MAX ? undefined : await ofImage(file)
      case 'film':
        return canPlay(file) === 'no' ? undefined : await ofFilm(file, signal)
      default:
        return undefined
    }
  } catch {
    signal.throwIfAborted()
    // Not what its name says, or nothing this browser decodes.
    return undefined
  }
}

async function ofImage(file: File): Promise<Preview | undefined> {
  const bitmap = await createImageBitmap(file, { resizeWidth: PREVIEW_SIDE_MAX, resizeQuality: 'high' })
  return await encode(bitmap, undefined)
}

/** WebKitGTK now and then fails to read what it reads a moment later. */
async function ofFilm(file: File, signal: AbortSignal): Promise<Preview | undefined> {
  try {
    return await ofFrame(file, signal)
  } catch (error) {
    if (!(error instanceof UnreadableFilm)) throw error
    return await ofFrame(file, signal)
  }
}

async function ofFrame(file: File, signal: AbortSignal): Promise<Preview | undefined> {
  const url = URL.createObjectURL(file)
  const film = document.createElement('video')
  try {
    film.muted = true
    film.preload = 'auto'
    film.src = url
    await happens(film, 'loadedmetadata', signal)
    const { duration } = film
    const lasts = Number.isFinite(duration) ? duration : undefined
    film.currentTime = lasts === undefined ? 0 : Math.min(FRAME_AT_S, lasts / 4)
    await happens(film, 'seeked', signal)
    // A frame is there with readyState 2 (HTML section 4.8.11.7).
    if (film.readyState < 2) await happens(film, 'loadeddata', signal)
    return await encode(await createImageBitmap(film), lasts)
  } finally {
    film.removeAttribute('src')
    film.load()
    URL.revokeObjectURL(url)
  }
}

function happens(film: HTMLVideoElement, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    const end = (how: () => void) => () => {
      over.abort()
      how()
    }
    const options = { signal: over.signal }
    film.addEventListener(event, end(resolve), options)
    film.addEventListener(
      'error',
      end(() => reject(new UnreadableFilm('the browser cannot read it'))),
      options,
    )
    const timer = setTimeout(
      end(() => reject(new Error('no frame in time'))),
      FRAME_WAIT_MS,
    )
    over.signal.addEventListener('abort', () => clearTimeout(timer))
    signal.addEventListener(
      'abort',
      end(() => reject(signal.reason as Error)),
      options,
    )
  })
}

/** The same of what was drawn. */
export async function previewOfCanvas(
  canvas: OffscreenCanvas,
  durationSeconds: number | undefined,
): Promise<Preview | undefined> {
  return await encode(canvas.transferToImageBitmap(), durationSeconds)
}

/** Takes the bitmap over. */
async function encode(bitmap: ImageBitmap, durationSeconds: number | undefined): Promise<Preview | undefined> {
  try {
    for (const { side, quality } of ATTEMPTS) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height))
      const width = Math.max(1, Math.round(bitmap.width * scale))
      const height = Math.max(1, Math.round(bitmap.height * scale))
      const canvas = new OffscreenCanvas(width, height)
      const context = canvas.getContext('2d', { alpha: false })
      if (!context) return undefined
      context.imageSmoothingQuality = 'high'
      context.drawImage(bitmap, 0, 0, width, height)
      for (const type of TYPES) {
        const blob = await canvas.convertToBlob({ type, quality })
        if (blob.type !== type || blob.size > PREVIEW_BYTES_MAX) continue
        const bytes = toBase64url(new Uint8Array(await blob.arrayBuffer()))
        // A film that is still written has no end yet.
        const isKnown =
          durationSeconds !== undefined && durationSeconds >= 0 && durationSeconds <= PREVIEW_DURATION_MAX_S
        return { type, bytes, width, height, ...(isKnown && { durationSeconds }) }
      }
    }
    return undefined
  } finally {
    bitmap.close()
  }
}
