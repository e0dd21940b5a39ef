// What a viewer heard: every packet of sound that was laid on the sound card's time in a tab, how loud it was, and when it had been captured;
// and a microphone that is never silent, so that what is silent was lost on the way.

import { writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import type { SeenPicture } from './seen-pictures.ts'

const RATE_HZ = 48_000
/** One second that begins where it ends, again and again: every tone has whole waves in it. */
const SECONDS = 1
/** Tones of a tenth of a second each, as a voice goes up and down: one alone would be taken for noise, and taken away. */
const TONES_HZ = [300, 520, 410, 640, 350, 580, 460, 700, 390, 610]
/** Packets below this are silence: a fiftieth of what the microphone gives. */
const SILENT_BELOW = 0.005
/** A packet of sound, ms. */
export const PACKET_MS = 20

/** Writes what Chromium takes in place of a microphone (`soundArgs`): PCM of 16 bits in a RIFF file. */
export async function writeVoice(path: string): Promise<void> {
  const samples = RATE_HZ * SECONDS
  const file = Buffer.alloc(44 + samples * 2)
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + samples * 2, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(RATE_HZ, 24)
  file.writeUInt32LE(RATE_HZ * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(samples * 2, 40)
  for (let at = 0; at < samples; at++) {
    const hz = TONES_HZ[Math.floor((at * TONES_HZ.length) / samples)] as number
    const wave = (times: number) => Math.sin((2 * Math.PI * hz * times * at) / RATE_HZ) / times
    file.writeInt16LE(Math.round((wave(1) + wave(2) + wave(3)) * 0.25 * 32_767), 44 + at * 2)
  }
  await writeFile(path, file)
}

export function soundArgs(path: string): string[] {
  return [`--use-file-for-fake-audio-capture=${path}`]
}

interface LaidPacket {
  /** When it was laid, ms since 1970. */
  readonly atMs: number
  /** On the sound card's time, s. */
  readonly startS: number
  readonly durationS: number
  /** Root of the mean square: 0 is silence, 1 as loud as can be. */
  readonly level: number
}

interface HeardSounds {
  readonly laid: LaidPacket[]
  /** Captured then, and given to the decoder, us. */
  readonly taken: number[]
}

/** Before the page is opened. One broadcast at a time. */
export async function watchSounds(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const heard: HeardSounds = { laid: [], taken: [] }
    Object.assign(globalThis, { heardSounds: heard })
    const { start } = AudioBufferSourceNode.prototype
    AudioBufferSourceNode.prototype.start = function (startS = 0, ...how) {
      const samples = this.buffer?.getChannelData(0) ?? new Float32Array()
      const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(samples.length, 1))
      const atMs = performance.timeOrigin + performance.now()
      heard.laid.push({ atMs, startS, durationS: this.buffer?.duration ?? 0, level })
      start.call(this, startS, ...how)
    }
    const { decode } = AudioDecoder.prototype
    AudioDecoder.prototype.decode = function (chunk) {
      heard.taken.push(chunk.timestamp)
      decode.call(this, chunk)
    }
  })
}

/** Before the page is opened: when each packet was captured that is given to its device. */
export async function watchMicrophone(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const sent: number[] = []
    Object.assign(globalThis, { sentSounds: sent })
    const { postMessage } = MessagePort.prototype
    MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, ...how: unknown[]) {
      const { kind, frame } = (message ?? {}) as { kind?: string; frame?: { kind: string; capturedAtUs: number } }
      if (kind === 'frame' && frame?.kind === 'audio') sent.push(frame.capturedAtUs)
      Reflect.apply(postMessage, this, [message, ...how])
    }
  })
}

export async function soundsSentBy(page: Page): Promise<number[]> {
  return await page.evaluate(() => (globalThis as unknown as { sentSounds: number[] }).sentSounds)
}

export async function soundsHeardBy(page: Page): Promise<HeardSounds> {
  return await page.evaluate(() => (globalThis as unknown as { heardSounds: HeardSounds }).heardSounds)
}

interface SoundFlow {
  readonly packets: number
  /** Of those that were laid. */
  readonly loud: number
  /** Sent after the first that came and before the last, and did not come. */
  readonly lost: number
  /** Of those the most in a row, ms. */
  readonly longestLostMs: number
  /** Between two packets that are not silent, where something passed. */
  readonly silences: readonly { readonly atMs: number; readonly ms: number }[]
}

export function soundFlowOf(sent: readonly number[], { laid, taken }: HeardSounds): SoundFlow {
  const came = new Set(taken)
  const begin = sent.indexOf(taken[0] ?? -1)
  const end = sent.lastIndexOf(taken.at(-1) ?? -1)
  let lost = 0
  let inARow = 0
  let longestInARow = 0
  for (const capturedAtUs of sent.slice(Math.max(begin, 0), end)) {
    inARow = came.has(capturedAtUs) ? 0 : inARow + 1
    if (inARow > 0) lost++
    longestInARow = Math.max(longestInARow, inARow)
  }
  const loud = laid.filter(({ level }) => level >= SILENT_BELOW)
  const silences = loud.flatMap(({ startS, atMs }, index) => {
    const before = loud[index - 1]
    const ms = before ? Math.round((startS - before.startS - before.durationS) * 1_000) : 0
    return ms > 0 ? [{ atMs, ms }] : []
  })
  return {
    packets: taken.length,
    loud: loud.length,
    lost,
    longestLostMs: longestInARow * PACKET_MS,
    silences,
  }
}

/** The longest time between two pictures, ms. */
export function longestPauseMs(seen: readonly SeenPicture[]): number {
  return seen.reduce((longest, { atMs }, index) => Math.max(longest, atMs - (seen[index - 1]?.atMs ?? atMs)), 0)
}
