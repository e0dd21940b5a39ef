// One browser profile with a device in a tab, driven by its operations, as people drive it by screens.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { MediaRange, MediaTold } from '@doorpost/peer/browser/contract'
import type { Operations, OperationName } from '@doorpost/peer/operations'
import type { Browser, BrowserContext, Page } from 'playwright-core'

const MIB = 1024 * 1024

export interface DeviceTab {
  readonly page: Page
  readonly context: BrowserContext
  /** As DeviceConnection has it; progress is not told. */
  do<Name extends OperationName>(name: Name, args: Operations[Name]['args']): Promise<Operations[Name]['result']>
  /** `get` into the browser's storage; answers what it answered, and by which paths the bytes came. */
  get(what: string, path?: 'webrtc' | 'tunnel'): Promise<{ result: Operations['get']['result']; paths: string[] }>
  /** Resolves when the device says so. */
  untilState(state: string, online?: boolean): Promise<void>
  /** Becomes a device of an account by the code that another one shows; answers the fingerprint that was shown meanwhile. */
  joinByLink(code: string, device: string): Promise<string>
  /** A file whose bytes follow from its size, chosen in this tab; answers its path for a draft. */
  chooseFile(name: string, sizeBytes: number): Promise<string>
  /** A file of the disk, chosen in this tab as a person does; answers its path for a draft. */
  chooseFromDisk(path: string): Promise<string>
  /** What a player reads: its bytes, by the worker's own port as a service worker has one, where that is said. */
  read(range: MediaRange, by?: 'port'): Promise<number[]>
  /** SHA-256 of a kept copy, as the browser reads it, hex. */
  hashOf(path: string): Promise<string>
}

/** A tab at the server's page (web/device-page). */
export async function openTab(browser: Browser, origin: string, context?: BrowserContext): Promise<DeviceTab> {
  const used = context ?? (await browser.newContext())
  const page = await used.newPage()
  page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`))
  page.on('console', (message) => {
    if (message.type() === 'error') process.stderr.write(`console: ${message.text()}\n`)
  })
  await page.goto(origin)
  await page.waitForFunction(() => globalThis.device !== undefined)
  return {
    page,
    context: used,
    do: (name, args) =>
      page.evaluate(([what, given]) => globalThis.device.do(what as never, given as never), [name, args] as const),
    get: (what, path) =>
      page.evaluate(
        async ([message, pinned]) => {
          const paths = new Set<string>()
          const args = { what: message, folder: '/kept', ...(pinned !== undefined && { path: pinned }) }
          const result = await globalThis.device.do('get', args, {
            onProgress(progress) {
              if (progress.kind === 'fetching') paths.add(progress.path)
            },
          })
          return { result, paths: [...paths] }
        },
        [what, path] as const,
      ),
    async untilState(state, online) {
      await page.waitForFunction(
        ([wanted, line]) => {
          const now = globalThis.device.state
          return now.state === wanted && (line === undefined || (now.state === 'open' && now.online === line))
        },
        [state, online] as const,
      )
    },
    joinByLink: (code, device) =>
      page.evaluate(
        async ([given, called]) => {
          let shown = ''
          const onFingerprint = (fingerprint: string) => {
            shown = fingerprint
          }
          await globalThis.device.joinByLink({ code: given, device: called, onFingerprint })
          return shown
        },
        [code, device] as const,
      ),
    chooseFile: (name, sizeBytes) =>
      page.evaluate(
        ([called, size]) => {
          // 1 MiB that counts up, again and again, each with its number in front: no two alike.
          const part = Uint8Array.from({ length: 1024 * 1024 }, (_, at) => at % 251)
          const parts: BlobPart[] = []
          for (let at = 0; at < size; at += part.length) {
            const one = part.slice(0, Math.min(part.length, size - at))
            if (one.length >= 4) new DataView(one.buffer).setUint32(0, at)
            parts.push(one)
          }
          return globalThis.device.registerFile(new File(parts, called))
        },
        [name, sizeBytes] as const,
      ),
    async chooseFromDisk(path) {
      await page.evaluate(() => {
        const input = document.createElement('input')
        input.type = 'file'
        input.id = 'choose'
        document.body.replaceChildren(input)
      })
      await page.setInputFiles('#choose', path)
      return await page.evaluate(() => {
        const [file] = document.querySelector<HTMLInputElement>('#choose')?.files ?? []
        if (!file) throw new Error('no file was chosen')
        return globalThis.device.registerFile(file)
      })
    },
    read: (range, by) =>
      page.evaluate(
        async ([wanted, how]) => {
          if (how === undefined) return [...(await globalThis.device.readMedia(wanted))]
          const port = globalThis.device.mediaPort()
          const told = new Promise<MediaTold>((resolve) => (port.onmessage = ({ data }) => resolve(data as MediaTold)))
          port.postMessage({ ask: 1, range: wanted })
          const answer = await told
          return 'bytes' in answer ? [...answer.bytes] : []
        },
        [range, by] as const,
      ),
    hashOf: (path) =>
      page.evaluate(async (kept) => {
        const file = await globalThis.device.keptFile(kept)
        const digest = await crypto.subtle.digest('SHA-256', (await file?.arrayBuffer()) ?? new ArrayBuffer(0))
        return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
      }, path),
  }
}

/** Piece by piece what chooseFile makes. */
function* chosen(sizeBytes: number): Generator<Uint8Array> {
  const part = Uint8Array.from({ length: MIB }, (_, index) => index % 251)
  for (let at = 0; at < sizeBytes; at += MIB) {
    const one = part.slice(0, Math.min(MIB, sizeBytes - at))
    if (one.length >= 4) new DataView(one.buffer).setUint32(0, at)
    yield one
  }
}

/** The hash of what chooseFile makes, hex. */
export function hashOfChosen(sizeBytes: number): string {
  const hash = createHash('sha256')
  for (const one of chosen(sizeBytes)) hash.update(one)
  return hash.digest('hex')
}

/** The same file on a disk. */
export async function writeChosen(path: string, sizeBytes: number): Promise<void> {
  await writeFile(path, chosen(sizeBytes))
}
