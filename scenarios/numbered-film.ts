// A film whose every picture says its number, what of it was seen, and what the commands that show and watch it say meanwhile.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type Running, until } from './stage.ts'

const run = promisify(execFile)

/** Pictures are told apart modulo this, by how bright they are; no switch could lose or double so many. */
const NUMBERS = 24
const STEP = 9
export const RATE = 25

/** A film of flat pictures, each as bright as its number says. */
export async function numberedFilm(file: string, seconds: number): Promise<void> {
  const picture = `color=black:size=64x48:rate=${RATE}:duration=${seconds},format=yuv420p,geq=lum='16+${STEP}*mod(N,${NUMBERS})':cb=128:cr=128`
  await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', picture, '-c:v', 'libx264', '-preset', 'ultrafast', file])
}

/** The numbers of the pictures in a file, as a decoder sees them. */
export async function numbersIn(file: string, format: readonly string[] = ['-f', 'h264']): Promise<number[]> {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p']
  const { stdout } = await run(
    'ffmpeg',
    // Each as often as it is there, whatever times it has.
    ['-v', 'error', ...format, '-i', file, '-vf', 'scale=2:2', '-vsync', 'passthrough', ...raw, '-'],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  )
  const numbers: number[] = []
  // Four of brightness, two of colour.
  for (let at = 0; at + 6 <= stdout.length; at += 6) numbers.push(Math.round(((stdout[at] ?? 0) - 16) / STEP))
  return numbers
}

/** How many pictures are missing between neighbours, and how many came twice. */
export function faults(numbers: readonly number[]): { lost: number; doubled: number } {
  let lost = 0
  let doubled = 0
  for (let index = 1; index < numbers.length; index++) {
    const ahead = ((numbers[index] ?? 0) - (numbers[index - 1] ?? 0) + NUMBERS) % NUMBERS
    if (ahead === 0) doubled++
    else lost += ahead - 1
  }
  return { lost, doubled }
}

/** How many pictures of H.264 as it comes follow on another than the one that they were made after (ITU-T H.264, 7.4.3: frame_num). */
export async function picturesThatLackOne(file: string): Promise<number> {
  const bytes = await readFile(file)
  let lacking = 0
  let last: number | undefined
  let bits = 4
  for (let at = bytes.indexOf(START); at >= 0; at = bytes.indexOf(START, at + 3)) {
    const type = (bytes[at + 3] ?? 0) & 31
    // Whatever follows, the fields that are read stand within some 20 bytes.
    const field = readFields(bytes.subarray(at + 4, at + 36))
    if (type === 7) {
      field.bits(24)
      field.number()
      bits = field.number() + 4
    }
    if (type !== 1 && type !== 5) continue
    // Of each picture its first slice.
    if (field.number() > 0) continue
    field.number()
    field.number()
    const number = field.bits(bits)
    if (type === 1 && last !== undefined && number !== (last + 1) % 2 ** bits) lacking++
    last = type === 5 ? 0 : number
  }
  return lacking
}

const START = Uint8Array.of(0, 0, 1)

/** Bits, and numbers as H.264 writes them (9.1: ue(v)). */
function readFields(bytes: Uint8Array) {
  const text = Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\0\0\x03', '\0\0'), 'latin1')
  let at = 0
  const bits = (count: number) => {
    let value = 0
    for (let bit = 0; bit < count; bit++, at++) value = value * 2 + (((text[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    return value
  }
  const number = () => {
    let zeros = 0
    while (zeros < 32 && bits(1) === 0) zeros++
    return 2 ** zeros - 1 + bits(zeros)
  }
  return { bits, number }
}

/** What a command said so far with --json. */
export function said<T>(running: Running): T[] {
  return running
    .stdout()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as T] : []))
}

/** Until the last thing it said is so. */
export async function comesTo<T>(running: Running, what: string, isSo: (last: T) => boolean): Promise<T> {
  await until(what, async () => {
    if (running.process.exitCode !== null) throw new Error(`ended before ${what}: ${running.stderr()}`)
    const last = said<T>(running).at(-1)
    return last !== undefined && isSo(last)
  })
  return said<T>(running).at(-1) as T
}
