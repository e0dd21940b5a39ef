// The one device of this browser profile, whichever tab it runs in: which state it is in, and how it goes from one to the next. Tabs
// agree by a lock of the browser's; what they say to each other goes over a channel of the same name.
//
//   opening -> elsewhere (another tab has the lock) -> opening (it let go, or takeOver)
//           -> none -> open           signUp, joinByLink, recover
//           -> locked -> open         unlock;  open -> locked  lock
//           -> open -> none           forget;  any -> closed   what cannot be mended here
//           open or locked -> the same, or closed   the browser closed the store: opened again, or what was in it is gone

import { systemClock } from '../clock.ts'
import { type DeviceEvent, faultEvent } from '../device-event.ts'
import { readIdentity } from '../identity/identity-record.ts'
import { createInTurn } from '../in-turn.ts'
import { Trouble } from '../operations.ts'
import type { ConnectRtc } from '../paths/webrtc-connection.ts'
import { systemRandom } from '../random.ts'
import type { Store } from '../store/store.ts'
import type { DeviceChange, DeviceState } from './contract.ts'
import { deleteIndexedDbStore, openIndexedDbStore } from './indexeddb-store.ts'
import { lockedStore, rewriteIdentity } from './locked-store.ts'
import { createOpfsFiles, type OpfsFiles } from './opfs-files.ts'
import { deleteOpfsTree, openOpfsTree, type OpfsTree } from './opfs-tree.ts'
import type { LockFacts } from './page-messages.ts'
import { openRunningDevice, type RunningDevice } from './running-device.ts'
import { forgetWords, readWords } from './sign-up.ts'

/** Of the lock, the channel and the database. */
const NAME = 'doorpost-device'
/** Room `settings`: which passkey locks the identity, and whose it is. */
const LOCK = 'lock'
/** How long the other tab may take to end its device, ms; then it sleeps, and loses its lock without being asked. */
const LEAVE_MS = 5_000

/** A store that the browser just closed may not open at once: tries, and the wait between them, ms. */
const LOST_TRIES = 10
const LOST_WAIT_MS = 300

/** Whoever asked for the lock goes first; then this tab waits for it again, ms. */
const GO_FIRST_MS = 1_000

/** In its sentences, contract.ts. */
const CLEARED: DeviceState = {
  state: 'closed',
  detail: 'This browser cleared away what was kept here.',
  why: 'cleared',
}

type LockRecord = LockFacts & { readonly address: string }

export interface DeviceHomeOptions {
  readonly origin: string
  readonly connect?: ConnectRtc
  onState(state: DeviceState): void
  onChange(change: DeviceChange): void
  onEvent(event: DeviceEvent): void
}

export interface DeviceHome {
  readonly state: DeviceState
  readonly files: Promise<OpfsFiles>
  readonly tree: Promise<OpfsTree>
  /** While it is opening: when it knows what it is. A page asks before that. */
  looked(): Promise<void>
  /** Throws Trouble `no-identity` unless it is open. */
  running(): RunningDevice
  /** `make` puts an identity into the store; then it is opened. In state `none`. */
  begin<T>(make: (store: Store) => Promise<T>): Promise<T>
  words(): Promise<readonly string[] | undefined>
  wordsKept(): Promise<void>
  lockFacts(): Promise<LockFacts | undefined>
  protect(facts: LockFacts, secret: Uint8Array): Promise<void>
  unprotect(): Promise<void>
  unlock(secret: Uint8Array): Promise<void>
  lock(): Promise<void>
  forget(): Promise<void>
  takeOver(): Promise<void>
  wake(): void
}

/** Where site data is blocked a browser gives no locks either (Web Locks API section 3.3). */
function noStorage(cause: unknown): Trouble {
  return new Trouble('cannot-write', 'This browser does not let the page remember anything.', { cause })
}

export function openDeviceHome(options: DeviceHomeOptions): DeviceHome {
  const tree = openOpfsTree()
  const files = tree.then((opened) => createOpfsFiles({ tree: opened, clock: systemClock }))
  // Met where they are asked for.
  files.catch(() => {})
  const channel = new BroadcastChannel(NAME)
  let state: DeviceState = { state: 'opening' }
  let plain: Store | undefined
  /** `plain`, or what a passkey opened of it. */
  let store: Store | undefined
  let running: RunningDevice | undefined
  let letGo = () => {}
  let waiting = new AbortController()
  /** One after the other: each begins in the state that the one before left. */
  const { take: inTurn, idle } = createInTurn()

  const become = (next: DeviceState) => {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    options.onState(next)
  }
  const told = (change: DeviceChange) => {
    if (change.what === 'line') void tellOpen()
    options.onChange(change)
  }
  const tellOpen = async () => {
    const { device } = running ?? {}
    if (!running || !store || !device) return
    const { address, device: name } = await device.peer.do('whoami', {})
    const [words, lock] = await Promise.all([readWords(store), lockRecord()])
    if (!running) return
    const protection = lock ? 'passkey' : 'none'
    become({
      state: 'open',
      address,
      device: name,
      online: running.online,
      protection,
      wordsToKeep: words !== undefined,
    })
  }
  const lockRecord = async () => await plain?.get<LockRecord>('settings', LOCK)
  const nothingHere = () => new Trouble('no-identity', 'Nobody has signed up in this browser yet, or it is locked.')

  /** The browser closed the store under the device: somebody cleared it, or it only lost its connection, as a browser does that slept. */
  async function lost(): Promise<void> {
    const wasThere = state.state === 'open' || state.state === 'locked'
    // Whatever was under way fails with the store that it writes to.
    await end().catch((error: unknown) => options.onEvent(faultEvent('lost', error)))
    for (let tries = 1; tries < LOST_TRIES; tries++) {
      try {
        return await lookFor(wasThere)
      } catch {
        // It is still being cleared; the last try says why.
        await end().catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, LOST_WAIT_MS))
      }
    }
    await look(wasThere)
  }

  async function hold(how: LockOptions): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    let isMine = false
    navigator.locks
      .request(NAME, how, async (lock) => {
        if (!lock) return resolve(false)
        isMine = true
        const released = Promise.withResolvers<void>()
        letGo = released.resolve
        resolve(true)
        await released.promise
      })
      .catch((error: unknown) => {
        // Taken by another tab, which may come before this one's device is open; or given up waiting.
        if (isMine || (error instanceof DOMException && error.name === 'AbortError')) resolve(false)
        else reject(noStorage(error))
        if (isMine) void inTurn(leave)
      })
    return await promise
  }
  /** Another tab is the device from now on. */
  async function leave(): Promise<void> {
    await end()
    letGo()
    channel.postMessage('left')
    become({ state: 'elsewhere' })
    setTimeout(waitForTurn, GO_FIRST_MS)
  }
  function waitForTurn(): void {
    waiting = new AbortController()
    const { signal } = waiting
    hold({ signal }).then((mine) => {
      if (mine) void inTurn(() => look())
    }, closedBy)
  }
  async function end(): Promise<void> {
    const [ending, closing] = [running, plain]
    running = undefined
    plain = undefined
    store = undefined
    try {
      await ending?.[Symbol.asyncDispose]()
    } finally {
      await closing?.[Symbol.asyncDispose]()
    }
  }
  /** With the lock held: what is there. `isExpected`: somebody was here until now. Throws where nothing can be found out. */
  async function lookFor(isExpected: boolean): Promise<void> {
    plain ??= await openIndexedDbStore(NAME, { onLost: () => void inTurn(lost) })
    const lock = await lockRecord()
    if (isExpected && !lock && !(await readIdentity(plain))) return become(CLEARED)
    if (lock) return become({ state: 'locked', address: lock.address })
    store = plain
    await open(store)
  }
  async function look(isExpected = false): Promise<void> {
    try {
      await lookFor(isExpected)
    } catch (error) {
      closedBy(error)
    }
  }
  function closedBy(error: unknown): void {
    options.onEvent({ event: 'fault', level: 'warn', where: 'open', message: String(error) })
    become({
      state: 'closed',
      detail: error instanceof Trouble ? error.message : 'Something went wrong here.',
      ...(error instanceof Trouble && error.code === 'cannot-write' && { why: 'no-storage' as const }),
    })
  }
  async function open(from: Store): Promise<void> {
    const identity = await readIdentity(from)
    if (!identity) return become({ state: 'none' })
    const { connect, onEvent } = options
    running = await openRunningDevice({
      store: from,
      identity,
      files: await files,
      tree: await tree,
      ...(connect && { connect }),
      onEvent,
      onChange: told,
    })
    await tellOpen()
  }

  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === 'leave' && state.state !== 'elsewhere' && state.state !== 'opening') void inTurn(leave)
  }
  void inTurn(async () => {
    try {
      if (await hold({ ifAvailable: true })) return await look()
    } catch (error) {
      return closedBy(error)
    }
    become({ state: 'elsewhere' })
    waitForTurn()
  })

  return {
    get state() {
      return state
    },
    files,
    tree,
    async looked() {
      if (state.state === 'opening') await idle()
    },
    running() {
      if (!running) throw nothingHere()
      return running
    },
    begin: (make) =>
      inTurn(async () => {
        if (state.state !== 'none' || !store) throw new Trouble('not-available', 'This browser is somebody’s already.')
        const made = await make(store)
        await open(store)
        return made
      }),
    words: async () => store && (await readWords(store)),
    async wordsKept() {
      if (store) await forgetWords(store)
      await tellOpen()
    },
    async lockFacts() {
      const lock = await lockRecord()
      return lock && { credential: lock.credential, salt: lock.salt }
    },
    protect: (facts, secret) =>
      inTurn(async () => {
        if (!plain || !store || state.state !== 'open') throw nothingHere()
        const locked = lockedStore(plain, secret, systemRandom)
        const record: LockRecord = { ...facts, address: state.address }
        // Closed meanwhile: nothing may write a key in the old way behind it.
        await running?.[Symbol.asyncDispose]()
        running = undefined
        await rewriteIdentity(store, locked, [{ put: 'settings', key: LOCK, value: record }])
        store = locked
        await open(store)
      }),
    unprotect: () =>
      inTurn(async () => {
        if (!plain || !store || state.state !== 'open') throw nothingHere()
        await running?.[Symbol.asyncDispose]()
        running = undefined
        await rewriteIdentity(store, plain, [{ drop: 'settings', key: LOCK }])
        store = plain
        await open(store)
      }),
    unlock: (secret) =>
      inTurn(async () => {
        if (!plain || state.state !== 'locked') return
        const opened = lockedStore(plain, secret, systemRandom)
        await open(opened)
        store = opened
        await tellOpen()
      }),
    lock: () =>
      inTurn(async () => {
        if (state.state !== 'open') return
        const lock = await lockRecord()
        if (!lock) throw new Trouble('not-available', 'No passkey protects this browser, so it cannot be locked.')
        const ending = running
        running = undefined
        store = undefined
        await ending?.[Symbol.asyncDispose]()
        become({ state: 'locked', address: lock.address })
      }),
    forget: () =>
      inTurn(async () => {
        if (state.state === 'elsewhere')
          throw new Trouble('not-available', 'Another tab is using it. Take it over first.')
        await end()
        await deleteIndexedDbStore(NAME)
        await deleteOpfsTree()
        await look()
      }),
    takeOver: () =>
      inTurn(async () => {
        if (state.state !== 'elsewhere') return
        waiting.abort(new DOMException('taking over', 'AbortError'))
        become({ state: 'opening' })
        const left = Promise.withResolvers<void>()
        const answers = new BroadcastChannel(NAME)
        answers.onmessage = ({ data }: MessageEvent<unknown>) => {
          if (data === 'left') left.resolve()
        }
        const late = setTimeout(left.resolve, LEAVE_MS)
        answers.postMessage('leave')
        await left.promise
        clearTimeout(late)
        answers.close()
        if (await hold({ steal: true })) await look()
      }),
    wake: () => running?.wake(),
  }
}
