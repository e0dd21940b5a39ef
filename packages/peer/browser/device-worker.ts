// The dedicated module worker that is the whole device: takes what the page asks (page-messages.ts), answers, and tells what happens.
// Which state the device is in is device-home.ts's business.

import './worker-disposal.ts'
import './worker-schemas.ts'
import { type OperationName, type Operations, Trouble } from '../operations.ts'
import { openDeviceHome } from './device-home.ts'
import { dropKept, storageState } from './kept.ts'
import { serveLive } from './live-ports.ts'
import { answerMedia, type ReadMedia } from './media-ports.ts'
import { createPageAnswers, plain, type WorkerScope } from './page-answers.ts'
import type { CallName, Calls, ToDevice } from './page-messages.ts'
import { createWorkerRtc } from './rtc-worker.ts'
import { KEPT } from './running-device.ts'
import { joinByLink, recover, signUp } from './sign-up.ts'

const scope = globalThis as unknown as WorkerScope<ToDevice>
const { origin } = globalThis.location

const ofALink = () => Promise.reject(new Trouble('not-available', 'That is for the page of a link.'))

type Context = { readonly signal: AbortSignal; tell(progress: string): void }

function serve(rtc: MessagePort | undefined): (message: ToDevice) => void {
  const home = openDeviceHome({
    origin,
    ...(rtc && { connect: createWorkerRtc(rtc) }),
    onState: (state) => scope.postMessage({ kind: 'state', state }),
    onChange: (change) => scope.postMessage({ kind: 'change', change }),
    onEvent: (event) => scope.postMessage({ kind: 'event', event: plain(event) }),
  })
  const at = async () => {
    await home.looked()
    const { device } = home.running()
    return { inbox: device.peer, cleared: device.cleared, files: await home.files, tree: await home.tree }
  }
  const readMedia: ReadMedia = async (range, signal) => {
    if (range.keep) scope.postMessage({ kind: 'keeps' })
    await home.looked()
    return await home.running().device.readMedia({ ...range, folder: KEPT }, signal)
  }

  const calls: { [Name in CallName]: (args: Calls[Name]['args'], context: Context) => Promise<Calls[Name]['answer']> } =
    {
      async signUp(args) {
        const contact = await home.begin((store) => signUp(args, { store, origin }))
        // Whoever invited is a contact from the first moment; where that fails, nothing of signing up is undone.
        if (contact !== undefined)
          await home
            .running()
            .device.peer.do('contacts.add', { who: contact })
            .catch(() => {})
      },
      joinByLink: (args, { signal, tell }) =>
        home.begin((store) => joinByLink(args, { signal, onFingerprint: tell }, { store, origin })),
      recover: (args) => home.begin((store) => recover(args, { store, origin })),
      recoveryWords: () => home.words(),
      wordsKept: () => home.wordsKept(),
      lockFacts: () => home.lockFacts(),
      protect: ({ secret, ...facts }) => home.protect(facts, secret),
      unprotect: () => home.unprotect(),
      unlock: ({ secret }) => home.unlock(secret),
      lock: () => home.lock(),
      forget: () => home.forget(),
      takeOver: () => home.takeOver(),
      readMedia: (range, { signal }) => readMedia(range, signal),
      async keptFile({ path }) {
        const file = await (await (await home.tree).file(path))?.getFile()
        if (!file) throw new Trouble('no-such-file', 'This copy is not here any more.')
        // What stands in for one cannot be given away.
        return file instanceof Blob ? file : undefined
      },
      storage: async () => await storageState(await at()),
      linkAddresses: ofALink,
      showAddress: ofALink,
      dropKept: async (what) => await dropKept(what, await at()),
    }

  const { answer, stop } = createPageAnswers(scope)

  return (message) => {
    switch (message.kind) {
      case 'begin':
      case 'begin-link':
        return
      case 'do': {
        const { ask, name, args } = message
        if (name === 'get') scope.postMessage({ kind: 'keeps' })
        return void answer(ask, async (signal) => {
          await home.looked()
          return await home.running().device.peer.do(name, args as Operations[OperationName]['args'], {
            signal,
            onProgress: (progress) => scope.postMessage({ kind: 'progress', ask, progress }),
          })
        })
      }
      case 'call': {
        const { ask, name, args } = message
        const tell = (progress: string) => scope.postMessage({ kind: 'progress', ask, progress })
        const call = calls[name] as (args: unknown, context: Context) => Promise<unknown>
        return void answer(ask, (signal) => call(args, { signal, tell }))
      }
      case 'stop':
        return stop(message.ask)
      case 'given':
        // Where there is no storage the device says so itself.
        return void home.files.then(({ given }) => given.set(message.path, message)).catch(() => {})
      case 'sink':
        return void home.files.then(({ sinks }) => sinks.set(message.path, message.stream)).catch(() => {})
      case 'media-port':
        return answerMedia(message.port, readMedia)
      case 'live':
        return void serveLive(message.port, message.task, () => home.running().device.live)
      case 'wake':
        return home.wake()
    }
  }
}

let take: ((message: ToDevice) => void) | undefined
scope.onmessage = ({ data }) => {
  if (data.kind === 'begin') take ??= serve(data.rtc)
  else take?.(data)
}
