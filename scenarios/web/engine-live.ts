// Live pictures in a browser that is no Chromium, from outside: what its page draws, and what a terminal kept of what it showed.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** For `until`, in the page of whoever watches: so many pictures that differ were drawn one after the other. */
export const drawn = (pictures: number): string => `((canvas) => {
  if (!canvas?.width) return false
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let sum = 0
  for (let at = 0; at < data.length; at += 97) sum = (sum * 31 + data[at]) | 0
  return (globalThis.drawnSums ??= new Set()).add(sum).size >= ${pictures}
})(document.querySelector('.live canvas'))`

/** Codecs of a film's tracks, pictures first, each with how many frames a decoder that knows nothing of us made of them. */
export async function tracksOf(file: string): Promise<readonly { readonly codec: string; readonly frames: number }[]> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'json', file],
  ])
  const { streams } = JSON.parse(stdout) as { streams: { codec_name: string; nb_read_frames: string }[] }
  return streams.map(({ codec_name: codec, nb_read_frames: frames }) => ({ codec, frames: Number(frames) }))
}
