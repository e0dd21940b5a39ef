// One sending from a screen: registers the files, has them read and sealed, tells how far that is, and can be stopped until the message
// is on its way.

import { useEffect, useSyncExternalStore } from 'react'
import type { DeviceConnection, Draft, LinkStatus, Progress } from '../device-connection.ts'
import { useDevice } from '../device.ts'
import { toast } from '../look/toast.tsx'
import { troubleText } from '../words/words.ts'
import { othersOf, type Written } from './given.ts'
import type { GivenFile } from './given-file.ts'
import { noteGiven } from './given-here.ts'
import type { Preview } from './previews.ts'

export interface ToSend {
  readonly to: readonly string[]
  readonly given: readonly GivenFile[]
  readonly fileTitles: ReadonlyMap<GivenFile, string>
  readonly previews: ReadonlyMap<GivenFile, Preview>
  readonly written: Written
  /** Of a link: whoever owns it may see this device's network address. */
  readonly opens?: boolean
}

/** How much was read of all that is to be sent, and what is being read. */
export interface Reading {
  readonly name: string
  readonly share: number
  /** At the pace until now, ms; undefined while that says little. */
  readonly leftMs?: number
}

/** Before so long a reading has no pace that a guess could go by, ms: the first pieces wait for the device. */
const PACED_MS = 2_000

export interface Sending {
  /** Undefined while nothing is sent. */
  readonly reading: Reading | undefined
  readonly wrong: string | undefined
  /** Answers what became of it; undefined where it was stopped, went wrong, or another one is on its way from here. */
  send(what: () => Promise<ToSend>): Promise<'accepted' | 'held' | undefined>
  /** The same as a link, for whoever has it; `to` is for nobody. */
  makeLink(what: () => Promise<ToSend>): Promise<LinkStatus | undefined>
  stop(): void
}

type Now = Pick<Sending, 'reading' | 'wrong'>
type On = { readonly signal: AbortSignal; onProgress(progress: Progress): void }

export interface Sendings {
  of(place: string): Now
  /** Reads the files and asks; what goes wrong is said in `of`, and by `tell` where nobody is at that place. One at a time in each. */
  run<T extends { readonly id: string }>(
    place: string,
    what: () => Promise<ToSend>,
    ask: (what: ToSend, on: On) => Promise<T>,
  ): Promise<T | undefined>
  stop(place: string): void
  /** Somebody is there and sees what is said. The returned function ends it. */
  attend(place: string): () => void
  onChange(listener: () => void): () => void
}

/** One for each device: a sending goes on when its sheet is gone. */
const known = new WeakMap<DeviceConnection, Sendings>()

function sendingsOf(device: DeviceConnection): Sendings {
  const one =
    known.get(device) ??
    createSendings(
      (id) => noteGiven(device, id),
      (text) => toast({ text }),
    )
  known.set(device, one)
  return one
}

const IDLE: Now = { reading: undefined, wrong: undefined }

/** `noteSent`: the files of this message were read here. */
export function createSendings(noteSent: (id: string) => void, tell: (text: string) => void): Sendings {
  const now = new Map<string, Now>()
  const running = new Map<string, AbortController>()
  const attending = new Map<string, number>()
  const listeners = new Set<() => void>()
  const set = (place: string, next: Now) => {
    if (next === IDLE) now.delete(place)
    else now.set(place, next)
    for (const listener of [...listeners]) listener()
  }
  const read = (place: string, reading: Reading) => set(place, { reading, wrong: undefined })
  const attend = (place: string, by: number) => attending.set(place, (attending.get(place) ?? 0) + by)
  return {
    of: (place) => now.get(place) ?? IDLE,
    async run(place, made, ask) {
      // The second press of a button that was pressed twice.
      if (running.has(place)) return undefined
      const stop = new AbortController()
      running.set(place, stop)
      read(place, { name: '', share: 0 })
      try {
        const what = await made()
        stop.signal.throwIfAborted()
        const sent = await ask(what, {
          signal: stop.signal,
          onProgress: readingOf(what.given, (reading) => read(place, reading)),
        })
        noteSent(sent.id)
        set(place, IDLE)
        return sent
      } catch (error) {
        const wrong = stop.signal.aborted ? undefined : troubleText(error)
        set(place, wrong === undefined ? IDLE : { reading: undefined, wrong })
        if (wrong !== undefined && !attending.get(place)) tell(wrong)
        return undefined
      } finally {
        running.delete(place)
      }
    },
    stop: (place) => running.get(place)?.abort(),
    attend(place) {
      attend(place, 1)
      return () => void attend(place, -1)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export function useSending(place: string): Sending {
  const device = useDevice()
  const all = sendingsOf(device)
  const { reading, wrong } = useSyncExternalStore(all.onChange, () => all.of(place))
  useEffect(() => all.attend(place), [all, place])
  return {
    reading,
    wrong,
    async send(made) {
      const sent = await all.run(place, made, (what, on) => device.do('send', draftOf(what, device), on))
      return sent && (sent.accepted ? 'accepted' : 'held')
    },
    makeLink: (made) =>
      all.run(place, made, (what, on) => {
        const { to: _nobody, ...draft } = draftOf(what, device)
        return device.do('links.make', { ...draft, opens: what.opens ?? false }, on)
      }),
    stop: () => all.stop(place),
  }
}

/** Pure but for the registering. Fields that are empty are left out. */
export function draftOf(
  { to, given, fileTitles, previews, written }: ToSend,
  device: Pick<DeviceConnection, 'registerFile'>,
): Draft {
  const { title, text, copyright, date } = written
  const named = given.map((one) => [device.registerFile(one.file, [...one.folder]), one] as const)
  const per = <T>(of: (one: GivenFile) => T | undefined): Record<string, T> =>
    Object.fromEntries(
      named.flatMap(([name, one]) => {
        const value = of(one)
        return value === undefined || value === '' ? [] : [[name, value] as const]
      }),
    )
  return {
    to: [...new Set([...to, ...othersOf(written.others)])],
    files: named.map(([name]) => name),
    fileTitles: per((one) => fileTitles.get(one)?.trim()),
    filePreviews: per((one) => previews.get(one)),
    ...(title.trim() !== '' && { title: title.trim() }),
    ...(text.trim() !== '' && { text: text.trim() }),
    ...(copyright.trim() !== '' && { copyright: copyright.trim() }),
    ...(date !== '' && { date }),
  }
}

/** Files are read one after the other; progress tells of one at a time. `nowMs`: of a clock that never goes back. */
export function readingOf(
  given: readonly GivenFile[],
  tell: (reading: Reading) => void,
  nowMs: () => number = () => performance.now(),
): (progress: Progress) => void {
  const sinceMs = nowMs()
  const allBytes = given.reduce((sum, { file }) => sum + file.size, 0)
  let before = 0
  let last: { name: string; doneBytes: number; sizeBytes: number } | undefined
  return (progress) => {
    if (progress.kind !== 'reading') return
    // Another file, or the next one of the same name.
    const isNext = last && (last.name !== progress.name || progress.doneBytes < last.doneBytes)
    if (last && isNext) before += last.sizeBytes
    last = progress
    const share = allBytes === 0 ? 0 : Math.min(1, (before + progress.doneBytes) / allBytes)
    const passedMs = nowMs() - sinceMs
    const isPaced = passedMs >= PACED_MS && share > 0
    tell({ name: progress.name, share, ...(isPaced && { leftMs: (passedMs * (1 - share)) / share }) })
  }
}
