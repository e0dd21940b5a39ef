// What a viewer saw: the number of every picture that was drawn in a tab, and when. It is read from the canvas right after the app drew on it.

import type { BrowserContext, Page } from 'playwright-core'
import { BITS, type CountedFormat, isWhite, NUMBER_BITS, NUMBERS, numberIn, numberOf } from './counted-picture.ts'

export interface SeenPicture {
  /** -1: a picture, and no number in it. */
  readonly number: number
  readonly atMs: number
}

/** Before the page is opened. */
export async function watchPictures(page: Page): Promise<void> {
  await page.addInitScript({
    content: `(() => {
      const BITS = ${BITS}, NUMBER_BITS = ${NUMBER_BITS};
      const numberOf = ${numberOf.toString()}, numberIn = ${numberIn.toString()};
      const seen = globalThis.seenPictures = [];
      const { drawImage } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.drawImage = function (...args) {
        drawImage.apply(this, args);
        if (!this.canvas.closest?.('.live-frame')) return;
        const atMs = performance.timeOrigin + performance.now();
        seen.push({ number: numberIn(this.canvas) ?? -1, atMs });
      };
    })()`,
  })
}

/** Before the page is opened: a camera that the page draws itself, so that it is known when each picture was drawn. No sound. */
export async function drawCamera(
  page: Page | BrowserContext,
  { width, height, framesPerSecond }: CountedFormat,
): Promise<void> {
  await page.addInitScript({
    content: `(() => {
      const BITS = ${BITS}, NUMBER_BITS = ${NUMBER_BITS}, NUMBERS = ${NUMBERS};
      const isWhite = ${isWhite.toString()};
      const drawn = globalThis.drawnPictures = {};
      const canvas = new OffscreenCanvas(${width}, ${height});
      const context = canvas.getContext('2d', { alpha: false });
      let number = 0;
      globalThis.drawnCamera = () => {
        const track = new MediaStreamTrackGenerator({ kind: 'video' });
        const writer = track.writable.getWriter();
        const timer = setInterval(() => {
          if (track.readyState === 'ended') return clearInterval(timer);
          number = (number + 1) % NUMBERS;
          for (let bar = 0; bar < BITS; bar++) {
            context.fillStyle = isWhite(number, bar) ? '#fff' : '#000';
            context.fillRect((bar * ${width}) / BITS, 0, ${width} / BITS + 1, ${height} / 2);
          }
          for (let x = 0; x < ${width}; x += 16) {
            context.fillStyle = 'hsl(' + ((x + number * 7) % 360) + ' 60% 50%)';
            context.fillRect(x, ${height} / 2, 16, ${height} / 2);
          }
          const nowMs = performance.timeOrigin + performance.now();
          drawn[number] = nowMs;
          writer.write(new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) })).catch(() => {});
        }, 1000 / ${framesPerSecond});
        return new MediaStream([track]);
      };
      if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => globalThis.drawnCamera();
    })()`,
  })
}

/** When each number was drawn last, ms since 1970. */
export async function drawnBy(page: Page): Promise<Readonly<Record<number, number>>> {
  return await page.evaluate(() => (globalThis as unknown as { drawnPictures: Record<number, number> }).drawnPictures)
}

/** Before the page is opened: the number of every picture that is given to its encoder. */
export async function watchEncoder(page: Page): Promise<void> {
  await page.addInitScript({
    content: `(() => {
      const BITS = ${BITS}, NUMBER_BITS = ${NUMBER_BITS};
      const numberOf = ${numberOf.toString()}, numberIn = ${numberIn.toString()};
      const sent = globalThis.sentPictures = [];
      const { encode } = VideoEncoder.prototype;
      const canvas = new OffscreenCanvas(16, 16);
      VideoEncoder.prototype.encode = function (frame, ...how) {
        const { displayWidth: width, displayHeight: height } = frame;
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
        canvas.getContext('2d', { willReadFrequently: true }).drawImage(frame, 0, 0);
        sent.push(numberIn(canvas) ?? -1);
        return encode.call(this, frame, ...how);
      };
    })()`,
  })
}

export async function encodedBy(page: Page): Promise<number[]> {
  return await page.evaluate(() => (globalThis as unknown as { sentPictures: number[] }).sentPictures)
}

export async function seenBy(page: Page): Promise<SeenPicture[]> {
  return await page.evaluate(() => (globalThis as unknown as { seenPictures: SeenPicture[] }).seenPictures)
}

export interface Flow {
  readonly pictures: number
  /** Encoded after the first that was seen and before the last, and never seen. */
  readonly lost: readonly number[]
  readonly doubled: readonly number[]
  /** Drawn after a later one. */
  readonly back: readonly number[]
  readonly unreadable: number
  readonly longestGapMs: number
}

/** `of`: how many numbers the camera has before it begins again; a story is shorter than that. */
export function flowOf(seen: readonly SeenPicture[], encoded: readonly number[], of: number): Flow {
  const readable = seen.filter(({ number }) => number >= 0)
  const doubled: number[] = []
  const back: number[] = []
  let longestGapMs = 0
  for (const [index, { number, atMs }] of readable.entries()) {
    const before = readable[index - 1]
    if (!before) continue
    longestGapMs = Math.max(longestGapMs, atMs - before.atMs)
    const step = (number - before.number + of) % of
    if (step === 0) doubled.push(number)
    else if (step > of / 2) back.push(number)
  }
  const drawn = new Set(readable.map(({ number }) => number))
  const begin = encoded.indexOf(readable[0]?.number ?? -1)
  const end = encoded.lastIndexOf(readable.at(-1)?.number ?? -1)
  const lost = encoded.slice(begin, end).filter((number) => number >= 0 && !drawn.has(number))
  return { pictures: seen.length, lost, doubled, back, unreadable: seen.length - readable.length, longestGapMs }
}
