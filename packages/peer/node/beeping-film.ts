// For tests: a film that flashes and beeps at the same instants, and when a file of pictures and sound does either, as ffmpeg sees and hears it.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** For a fifth of each second, from its middle on. */
const WHEN = 'between(mod(t\\,1)\\,0.5\\,0.7)'

/** Of 160 by 90 pixels and 25 pictures a second, as people send films. */
export async function beepingFilm(file: string, seconds: number): Promise<void> {
  const picture = `color=black:size=160x90:rate=25:duration=${seconds},drawbox=color=white:t=fill:enable=${WHEN}`
  const sound = `aevalsrc=0.5*sin(2*PI*1000*t)*${WHEN}:sample_rate=44100:duration=${seconds}`
  const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound]
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  await run('ffmpeg', ['-v', 'error', ...inputs, ...codecs, file])
}

/** Seconds at which it turns bright, and at which it begins to sound. */
export async function flashesAndBeeps(file: string): Promise<{ flashes: number[]; beeps: number[] }> {
  const filters = ['-vf', 'blackdetect=d=0.2:pix_th=0.3', '-af', 'silencedetect=noise=-30dB:d=0.2']
  const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostats', '-i', file, ...filters, '-f', 'null', '-'])
  const times = (name: string) =>
    [...stderr.matchAll(new RegExp(`${name}: ?([\\d.]+)`, 'g'))].map(([, seconds]) => Number(seconds))
  return { flashes: times('black_end'), beeps: times('silence_end') }
}

/** Of each flash, how much later it beeps, ms; negative: earlier. Infinity where it does not beep within half a second. */
export function beepsAfter({ flashes, beeps }: { flashes: readonly number[]; beeps: readonly number[] }): number[] {
  return flashes.map((flash) => {
    const ms = beeps.map((beep) => (beep - flash) * 1000)
    const nearest = ms.toSorted((one, other) => Math.abs(one) - Math.abs(other))[0]
    return nearest === undefined || Math.abs(nearest) > 500 ? Infinity : nearest
  })
}
