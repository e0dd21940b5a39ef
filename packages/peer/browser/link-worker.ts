// The worker behind a link's page: holds the link, and answers what the page asks in the same words as a device's worker
// (page-messages.ts), as far as a link goes. Of two tabs with the same link one has it; the other waits its turn.

import './worker-disposal.ts'
import './worker-schemas.ts'
import { type GrantLink, grantKeys, parseGrantLink } from '@doorpost/protocol/grant'
import { Refusal } from '@doorpost/protocol/errors'
import { systemClock } from '../clock.ts'
import { type OperationName, type Operations, Trouble } from '../operations.ts'
import { systemRandom } from '../random.ts'
import type { DeviceState } from './contract.ts'
import { deleteIndexedDbStore, openIndexedDbStore } from './indexeddb-store.ts'
import { dropKept, storageState } from './kept.ts'
import { type LinkDevice, openLinkDevice } from './link-device.ts'
import { holdLink } from './link-grant.ts'
import { answerMedia, type ReadMedia } from './media-ports.ts'
import { createOpfsFiles } from './opfs-files.ts'
import { deleteOpfsTree, openOpfsTree } from './opfs-tree.ts'
import { createPageAnswers, plain, type WorkerScope } from './page-answers.ts'
import type { CallName, Calls, ToDevice } from './page-messages.ts'
import { createWorkerRtc } from './rtc-worker.ts'
import { KEPT } from './running-device.ts'

const scope = globalThis as unknown as WorkerScope<ToDevice>

function serve(link: GrantLink, rtc: Promise<MessagePort | undefined>): (message: ToDevice) => void {
  // Of the lock, the database and the folder: each link has its own.
  const name = `doorpost-link-${grantKeys(link).slot}`
  const tree = openOpfsTree(undefined, name)
  const files = tree.then((opened) => createOpfsFiles({ tree: opened, clock: systemClock }))
  files.catch(() => {})
  const { answer, stop } = createPageAnswers(scope)
  const become = (state: DeviceState) => scope.postMessage({ kind: 'state', state })
  const open = new AsyncDisposableStack()
  let device: LinkDevice | undefined

  async function begin(): Promise<void> {
    const store = open.use(await openIndexedDbStore(name))
    const held = open.use(await holdLink({ link, store, random: systemRandom }))
    device = open.use(
      await openLinkDevice({
        held,
        store,
        files: await files,
        connect: await rtc.then((port) => port && createWorkerRtc(port)),
        onChange: () => scope.postMessage({ kind: 'change', change: { what: 'inbox', id: held.grant.id } }),
        onEvent: (event) => scope.postMessage({ kind: 'event', event: plain(event) }),
        onTaken: () =>
          become({ state: 'closed', code: 'not-allowed', detail: 'Another browser has this link: each is for one.' }),
      }),
    )
    const address = held.address.slice(0, held.address.indexOf('/'))
    become({ state: 'open', address, device: 'browser', online: true, protection: 'none', wordsToKeep: false })
  }

  void navigator.locks.request(name, { ifAvailable: true }, async (mine) => {
    if (mine) return await holdWhile(begin)
    become({ state: 'elsewhere' })
    return await navigator.locks.request(name, () => holdWhile(begin))
  })

  /** Until the worker ends. */
  async function holdWhile(work: () => Promise<void>): Promise<never> {
    try {
      await work()
    } catch (error) {
      become({ state: 'closed', ...whyClosed(error) })
    }
    return await new Promise<never>(() => {})
  }

  const running = (): LinkDevice => {
    if (!device) throw new Trouble('not-available', 'The link is not open yet.')
    return device
  }
  const at = async () => ({ inbox: running().peer, files: await files, tree: await tree })
  const readMedia: ReadMedia = async (range, signal) => {
    if (range.keep) scope.postMessage({ kind: 'keeps' })
    return await running().readMedia({ ...range, folder: KEPT }, signal)
  }
  const calls: { [Name in CallName]?: (args: Calls[Name]['args'], signal: AbortSignal) => Promise<unknown> } = {
    readMedia,
    async keptFile({ path }) {
      const file = await (await (await tree).file(path))?.getFile()
      if (!file) throw new Trouble('no-such-file', 'This copy is not here any more.')
      // What stands in for one cannot be given away.
      return file instanceof Blob ? file : undefined
    },
    storage: async () => await storageState(await at()),
    linkAddresses: async () => running().addresses,
    showAddress: async ({ isShown }) => await running().showAddress(isShown),
    dropKept: async (what) => await dropKept(what, await at()),
    async forget() {
      device = undefined
      await open.disposeAsync()
      await deleteIndexedDbStore(name)
      await deleteOpfsTree(undefined, name)
      become({ state: 'none' })
    },
  }

  return (message) => {
    switch (message.kind) {
      case 'do': {
        const { ask, name: operation, args } = message
        if (operation === 'get') scope.postMessage({ kind: 'keeps' })
        return void answer(ask, (signal) =>
          running().peer.do(operation, args as Operations[OperationName]['args'], {
            signal,
            onProgress: (progress) => scope.postMessage({ kind: 'progress', ask, progress }),
          }),
        )
      }
      case 'call': {
        const { ask, args } = message
        const call = calls[message.name] as ((args: unknown, signal: AbortSignal) => Promise<unknown>) | undefined
        return void answer(ask, async (signal) => {
          if (!call) throw new Trouble('not-available', 'That needs an account.')
          return await call(args, signal)
        })
      }
      case 'stop':
        return stop(message.ask)
      case 'sink':
        return void files.then(({ sinks }) => sinks.set(message.path, message.stream)).catch(() => {})
      case 'media-port':
        return answerMedia(message.port, readMedia)
      default:
    }
  }
}

/** To somebody who has the link but knows nothing of it yet, over and never made are one. */
function whyClosed(error: unknown): Omit<Extract<DeviceState, { state: 'closed' }>, 'state'> {
  if (error instanceof Trouble) return { code: error.code, detail: error.message }
  if (error instanceof Refusal && error.again === 'never') {
    return { code: 'expired', detail: 'This link does not work any more, or is not whole.' }
  }
  if (error instanceof Refusal) return { code: error.code, detail: error.message }
  return { code: 'fault', detail: 'Something went wrong here.' }
}

let take: ((message: ToDevice) => void) | undefined
/** Comes with the first message of every page; used when the person there shows their address. */
const rtc = Promise.withResolvers<MessagePort | undefined>()
scope.onmessage = ({ data }) => {
  if (data.kind === 'begin') rtc.resolve(data.rtc)
  else if (data.kind === 'begin-link') {
    const link = parseGrantLink(`${globalThis.location.origin}/l#${data.fragment}`)
    if (link) take ??= serve(link, rtc.promise)
    else
      scope.postMessage({
        kind: 'state',
        state: { state: 'closed', code: 'malformed', detail: 'This link is not whole.' },
      })
  } else take?.(data)
}
