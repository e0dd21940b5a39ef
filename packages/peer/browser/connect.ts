// The page's end of the device (contract.ts): asks the worker, and does for it what browsers let pages alone do: peer connections,
// passkeys, asking that storage stays, and noticing that the page is seen again.

import { Trouble } from '../operations.ts'
import type { BrowserDevice, DeviceChange, DeviceEvent, DeviceState, MediaRange } from './contract.ts'
import type { LiveTask } from './live-contract.ts'
import type { CallName, Calls, FromDevice, PlainTrouble, ToDevice } from './page-messages.ts'
import { canMakePasskeys, makePasskey, usePasskey } from './passkey.ts'
import { serveRtc } from './rtc-page.ts'

export interface ConnectOptions {
  /** Starts device-worker.ts: how a script comes to the page is the page's. */
  startWorker(): Worker
  /** Until then it is not started; what is asked waits. At once where nothing is said. */
  readonly after?: Promise<void> | undefined
}

const ENDED = 'The part of this page that is your device ended.'

interface Question {
  resolve(value: unknown): void
  reject(reason: unknown): void
  tell(progress: unknown): void
}

/** Answers at once, in state `opening`. One for each page. */
export function connectDevice({ startWorker, after }: ConnectOptions): BrowserDevice {
  let worker: Worker | undefined
  const unsaid: [ToDevice, Transferable[]][] = []
  const questions = new Map<number, Question>()
  const states = new Set<(state: DeviceState) => void>()
  const changes = new Set<(change: DeviceChange) => void>()
  const events = new Set<(event: DeviceEvent) => void>()
  let state: DeviceState = { state: 'opening' }
  let asked = 0
  let sinks = 0
  let hasAskedToKeep = false
  let hasEnded = false

  const say = (message: ToDevice, transfer: Transferable[] = []) => {
    if (worker) worker.postMessage(message, transfer)
    else unsaid.push([message, transfer])
  }
  const start = () => {
    worker = startWorker()
    worker.onmessage = ({ data }: MessageEvent<FromDevice>) => hear(data)
    worker.onerror = ended
    for (const [message, transfer] of unsaid.splice(0)) say(message, transfer)
  }
  const become = (next: DeviceState) => {
    state = next
    for (const listener of [...states]) listener(next)
  }
  async function ask(
    message: (ask: number) => ToDevice,
    { signal, tell = () => {} }: { signal?: AbortSignal | undefined; tell?: (progress: unknown) => void } = {},
  ): Promise<unknown> {
    if (signal?.aborted) throw new Trouble('cancelled', 'Stopped.')
    if (hasEnded) throw hasEndedTrouble()
    const number = ++asked
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const stop = () => say({ kind: 'stop', ask: number })
    questions.set(number, { resolve, reject, tell })
    signal?.addEventListener('abort', stop, { once: true })
    say(message(number))
    try {
      return await promise
    } finally {
      questions.delete(number)
      signal?.removeEventListener('abort', stop)
    }
  }
  async function call<Name extends CallName>(
    name: Name,
    args: Calls[Name]['args'],
    options: Parameters<typeof ask>[1] = {},
  ): Promise<Calls[Name]['answer']> {
    return (await ask((number) => ({ kind: 'call', ask: number, name, args }), options)) as Calls[Name]['answer']
  }

  const hear = (data: FromDevice) => {
    switch (data.kind) {
      case 'state':
        return become(data.state)
      case 'answer':
        return questions.get(data.ask)?.resolve(data.value)
      case 'trouble':
        return questions.get(data.ask)?.reject(troubleOf(data.trouble))
      case 'progress':
        return questions.get(data.ask)?.tell(data.progress)
      case 'change':
        for (const listener of [...changes]) listener(data.change)
        return
      case 'event':
        for (const listener of [...events]) listener(data.event)
        return
      case 'keeps':
        // Once, and from the tap that began it: some browsers ask the user.
        if (!hasAskedToKeep) void (navigator.storage as StorageManager | undefined)?.persist().catch(() => false)
        hasAskedToKeep = true
    }
  }
  const ended = () => {
    if (hasEnded) return
    hasEnded = true
    // Where a part of it still runs, it would be a second device beside the next page's.
    worker?.terminate()
    become({ state: 'closed', detail: ENDED, why: 'ended' })
    for (const { reject } of questions.values()) reject(hasEndedTrouble())
  }
  if (typeof RTCPeerConnection === 'undefined') say({ kind: 'begin' })
  else {
    const { port1, port2 } = new MessageChannel()
    serveRtc(port1)
    say({ kind: 'begin', rtc: port2 }, [port2])
  }
  if (after) void after.then(start)
  else start()
  const wake = () => {
    if (document.visibilityState === 'visible') say({ kind: 'wake' })
  }
  addEventListener('online', () => say({ kind: 'wake' }))
  addEventListener('pageshow', wake)
  document.addEventListener('visibilitychange', wake)
  document.addEventListener('resume', wake)

  return {
    get state() {
      return state
    },
    onState: (listener) => added(states, listener),
    onChange: (listener) => added(changes, listener),
    onEvent: (listener) => added(events, listener),
    async do(name, args, { onProgress, signal } = {}) {
      const tell = onProgress as ((progress: unknown) => void) | undefined
      const message = (number: number): ToDevice => ({ kind: 'do', ask: number, name, args })
      return (await ask(message, { signal, ...(tell && { tell }) })) as never
    },
    signUp: (options) => call('signUp', options),
    joinByLink: ({ signal, onFingerprint, ...args }) =>
      call('joinByLink', args, { signal, tell: (fingerprint) => onFingerprint?.(String(fingerprint)) }),
    recover: (options) => call('recover', options),
    recoveryWords: () => call('recoveryWords', null),
    wordsKept: () => call('wordsKept', null),
    canProtect: canMakePasskeys,
    async protect() {
      if (state.state !== 'open') throw new Trouble('no-identity', 'Nobody has signed up in this browser yet.')
      await call('protect', await makePasskey(state.address))
    },
    unprotect: () => call('unprotect', null),
    async unlock() {
      const facts = await call('lockFacts', null)
      if (facts) await call('unlock', { secret: (await usePasskey(facts)).secret })
    },
    lock: () => call('lock', null),
    forget: () => call('forget', null),
    takeOver: () => call('takeOver', null),
    registerFile(file, folder = []) {
      const path = givenPath(file)
      say({ kind: 'given', path, file, folder })
      return path
    },
    registerSink(stream) {
      const path = `sink:${++sinks}`
      say({ kind: 'sink', path, stream }, [stream])
      return path
    },
    readMedia: (range: MediaRange, signal?: AbortSignal) => call('readMedia', range, { signal }),
    mediaPort() {
      const { port1, port2 } = new MessageChannel()
      say({ kind: 'media-port', port: port2 }, [port2])
      return port1
    },
    live(task: LiveTask) {
      const { port1, port2 } = new MessageChannel()
      say({ kind: 'live', port: port2, task }, [port2])
      return port1
    },
    keptFile: (path) => call('keptFile', { path }),
    storage: () => call('storage', null),
    linkAddresses: () => call('linkAddresses', null),
    showAddress: (isShown) => call('showAddress', { isShown }),
    dropKept: (what) => call('dropKept', what),
  }
}

/** Its own for ever: what was sent from an earlier tab is never taken for another file. What the file looks like stands behind it (opfs-files.ts). */
function givenPath({ size, lastModified, name }: File): string {
  return `given:${crypto.randomUUID()}/${size}/${lastModified}/${encodeURIComponent(name)}`
}

function hasEndedTrouble(): Trouble {
  return new Trouble('fault', ENDED, { todo: 'Load the page again.' })
}

function troubleOf({ code, detail, todo }: PlainTrouble): Trouble {
  return new Trouble(code, detail, todo === undefined ? {} : { todo })
}

function added<T>(set: Set<T>, one: T): () => void {
  set.add(one)
  return () => set.delete(one)
}
