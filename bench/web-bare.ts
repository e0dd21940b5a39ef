// A bare data channel between two tabs, or from a process to a tab: nothing but bytes that are counted where they come. What our transfers
// in the same browsers are measured against.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DeviceTab } from '../scenarios/web/device-tab.ts'

type Page = DeviceTab['page']

interface BareEnd {
  take(signal: Signal): Promise<void>
  /** Of the taker: how long the bytes took from asking for them, ms. */
  readonly done: Promise<number>
  close(): void
}
interface Signal {
  readonly sdp?: string
  readonly type?: RTCSdpType
  readonly candidate?: string
}

declare global {
  var bare: BareEnd | undefined
  var tellBare: ((signal: Signal) => Promise<void>) | undefined
}

/** Once for each page: what it says to the other end goes where the transfer of the moment wants it. */
export async function openBarePage(page: Page): Promise<{ hear: (signal: Signal) => unknown }> {
  const door: { hear: (signal: Signal) => unknown } = { hear: () => {} }
  await page.exposeFunction('tellBare', (signal: Signal) => door.hear(signal))
  return door
}

type Door = Awaited<ReturnType<typeof openBarePage>>

export interface BareTab {
  readonly page: Page
  readonly door: Door
}

/** From one tab to another in messages of this size; ms. */
export async function bareBetween(
  { page: from, door: fromDoor }: BareTab,
  { page: to, door: toDoor }: BareTab,
  { sizeBytes, messageBytes }: { readonly sizeBytes: number; readonly messageBytes: number },
): Promise<number> {
  const give = (page: Page) => (signal: Signal) => page.evaluate((one) => globalThis.bare?.take(one), signal)
  fromDoor.hear = give(to)
  toDoor.hear = give(from)
  await from.evaluate(beginBare, { sizeBytes, messageBytes, takes: false })
  await to.evaluate(beginBare, { sizeBytes, messageBytes, takes: true })
  const ms = await to.evaluate(() => globalThis.bare?.done)
  for (const page of [from, to]) await page.evaluate(() => globalThis.bare?.close())
  return ms ?? Number.NaN
}

/** From a process, which is started with `command` before its own words; ms. */
export async function bareFromProcess(
  command: readonly string[],
  { page: to, door }: BareTab,
  sizeBytes: number,
): Promise<number> {
  const script = fileURLToPath(new URL('web-bare-end.ts', import.meta.url))
  const [program, ...words] = [...command, process.execPath, script, String(sizeBytes)]
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    door.hear = (signal) => child.stdin.write(`${JSON.stringify(signal)}\n`)
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The page may be gone when the last candidate is told.
      void to.evaluate((one) => globalThis.bare?.take(one), JSON.parse(line) as Signal).catch(() => {})
    })
    await to.evaluate(beginBare, { sizeBytes, messageBytes: 0, takes: true })
    const ms = await to.evaluate(() => globalThis.bare?.done)
    await to.evaluate(() => globalThis.bare?.close())
    return ms ?? Number.NaN
  } finally {
    child.stdin.end()
  }
}

/** Runs in the page. The taker makes the channel, says `go` on it, and counts. */
function beginBare({
  sizeBytes,
  messageBytes,
  takes,
}: {
  readonly sizeBytes: number
  readonly messageBytes: number
  readonly takes: boolean
}): void {
  const highBytes = 4 * 1024 * 1024
  const lowBytes = 2 * 1024 * 1024
  const peer = new RTCPeerConnection()
  const { promise: done, resolve } = Promise.withResolvers<number>()
  const early: string[] = []
  peer.onicecandidate = ({ candidate }) => {
    if (candidate && candidate.candidate !== '') void globalThis.tellBare?.({ candidate: candidate.candidate })
  }
  const describe = async () => {
    await peer.setLocalDescription()
    const { sdp = '', type = 'offer' } = peer.localDescription ?? {}
    await globalThis.tellBare?.({ sdp, type })
  }
  const add = (candidate: string) => peer.addIceCandidate({ candidate, sdpMLineIndex: 0 })
  globalThis.bare = {
    done,
    async take({ sdp, type, candidate }) {
      if (candidate !== undefined) {
        if (peer.remoteDescription) await add(candidate)
        else early.push(candidate)
        return
      }
      if (sdp === undefined || type === undefined) return
      await peer.setRemoteDescription({ sdp, type })
      for (const one of early.splice(0)) await add(one)
      if (type === 'offer') await describe()
    },
    close: () => peer.close(),
  }
  if (takes) {
    const channel = peer.createDataChannel('bare')
    channel.binaryType = 'arraybuffer'
    let got = 0
    let beganMs = 0
    channel.onopen = () => {
      beganMs = performance.now()
      channel.send('go')
    }
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      got += data.byteLength
      if (got >= sizeBytes) resolve(performance.now() - beganMs)
    }
    void describe()
    return
  }
  peer.ondatachannel = ({ channel }) => {
    const bytes = new Uint8Array(messageBytes).fill(7)
    let sent = 0
    const fill = () => {
      for (; sent < sizeBytes && channel.bufferedAmount < highBytes; sent += messageBytes) channel.send(bytes)
    }
    channel.bufferedAmountLowThreshold = lowBytes
    channel.onbufferedamountlow = fill
    channel.onmessage = fill
  }
}
