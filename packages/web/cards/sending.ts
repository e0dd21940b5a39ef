// One sending from a screen: registers the files, has them read and sealed, tells how far that is, and can be stopped until the message
// is on its way.

import { useState } from 'react'
import type { DeviceConnection, Draft, LinkStatus, Progress } from '../device-connection.ts'
import { useDevice } from '../device.ts'
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
}

export interface Sending {
  /** Undefined while nothing is sent. */
  readonly reading: Reading | undefined
  readonly wrong: string | undefined
  /** Answers what became of it; undefined where it was stopped or went wrong. */
  send(what: ToSend): Promise<'accepted' | 'held' | undefined>
  /** The same as a link, for whoever has it; `to` is for nobody. */
  makeLink(what: ToSend): Promise<LinkStatus | undefined>
  stop(): void
}

export function useSending(): Sending {
  const device = useDevice()
  const [reading, setReading] = useState<Reading>()
  const [wrong, setWrong] = useState<string>()
  const [stopper, setStopper] = useState<AbortController>()
  /** Reads the files; what goes wrong is said here. */
  async function read<T extends { readonly id: string }>(
    { given }: ToSend,
    ask: (on: { signal: AbortSignal; onProgress(progress: Progress): void }) => Promise<T>,
  ): Promise<T | undefined> {
    const stop = new AbortController()
    setStopper(stop)
    setWrong(undefined)
    setReading({ name: given[0]?.file.name ?? '', share: 0 })
    try {
      const made = await ask({ signal: stop.signal, onProgress: readingOf(given, setReading) })
      noteGiven(device, made.id)
      return made
    } catch (error) {
      if (!stop.signal.aborted) setWrong(troubleText(error))
      return undefined
    } finally {
      setReading(undefined)
      setStopper(undefined)
    }
  }
  return {
    reading,
    wrong,
    async send(what) {
      const sent = await read(what, (on) => device.do('send', draftOf(what, device), on))
      return sent && (sent.accepted ? 'accepted' : 'held')
    },
    makeLink(what) {
      const { to: _nobody, ...draft } = draftOf(what, device)
      return read(what, (on) => device.do('links.make', { ...draft, opens: what.opens ?? false }, on))
    },
    stop: () => stopper?.abort(),
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

/** Files are read one after the other; progress tells of one at a time. */
export function readingOf(given: readonly GivenFile[], tell: (reading: Reading) => void): (progress: Progress) => void {
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
    tell({ name: progress.name, share })
  }
}
