// A device that only pretends: believable people, films and progress for developing screens, with no server and no keys.
// `?pretend` in a development build loads it; `?pretend=none|locked|elsewhere|opening` begins in that state. Never in a production bundle.

import { DAY_MS } from '@doorpost/protocol/day'
import type {
  ContactLine,
  DeviceChange,
  DeviceConnection,
  DeviceEvent,
  DeviceState,
  InboxEntry,
  OperationName,
  Operations,
  Progress,
  SentStatus,
  TroubleCode,
} from './device-connection.ts'
import { createPretendAdmin } from './pretend-admin.ts'
import { createPretendTalk } from './pretend-talk.ts'

const ME = 'mia@post.example'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How often a pretended fetch moves on, ms, and by what part of the film. */
const TICK_MS = 250
const TICK_PART = 0.01

const ago = (ms: number) => new Date(Date.now() - ms).toISOString()
const root = (letter: string) => letter.repeat(43)
const media = (letter: string, name: string, sizeBytes: number, type: string, title?: string) => ({
  name,
  sizeBytes,
  type,
  root: root(letter),
  url: `doorpost:pretend/${name}`,
  ...(title !== undefined && { title }),
})

type Context = { readonly signal: AbortSignal; onProgress(progress: Progress): void }
type Table = {
  [Name in OperationName]?: (
    args: Operations[Name]['args'],
    context: Context,
  ) => Operations[Name]['result'] | Promise<Operations[Name]['result']>
}

/** As the real one throws it. */
class PretendTrouble extends Error {
  readonly code: TroubleCode
  readonly todo = undefined
  constructor(code: TroubleCode, detail: string) {
    super(detail)
    this.name = 'Trouble'
    this.code = code
  }
}

export function createPretendDevice(begin: string = ''): DeviceConnection {
  const states = new Set<(state: DeviceState) => void>()
  const changes = new Set<(change: DeviceChange) => void>()
  const events = new Set<(event: DeviceEvent) => void>()
  const open: Extract<DeviceState, { state: 'open' }> = {
    state: 'open',
    address: ME,
    device: 'browser',
    online: true,
    protection: 'none',
    wordsToKeep: true,
  }
  let state: DeviceState =
    begin === 'none' || begin === 'elsewhere' || begin === 'opening'
      ? { state: begin }
      : begin === 'locked'
        ? { state: 'locked', address: ME }
        : open
  const become = (next: DeviceState) => {
    state = next
    for (const listener of states) listener(next)
  }
  const amend = (change: Partial<typeof open>) => {
    if (state.state === 'open') become({ ...state, ...change })
  }
  const changed = (what: DeviceChange['what'], id?: string) => {
    for (const listener of changes) listener({ what, ...(id !== undefined && { id }) })
  }

  let contacts = pretendContacts()
  const inbox = pretendInbox()
  const sent = pretendSent()
  let kept = 0
  const find = (what: string) => {
    const entry = inbox.find(({ id }) => id.startsWith(what))
    if (!entry) throw new PretendTrouble('no-such-message', 'There is no such message here.')
    return entry
  }
  const contact = (address: string, change: Partial<ContactLine>) => {
    contacts = contacts.map((one) => (one.address === address ? { ...one, ...change } : one))
    changed('people')
  }

  const table: Table = {
    ...createPretendAdmin(),
    ...createPretendTalk({ me: ME, inbox, sent, contacts: () => contacts, changed }),
    whoami: () => ({
      address: ME,
      device: 'browser',
      fingerprint: 'KJ4F 7Q2M XW3N ZB6T',
      server: location.origin,
      home: '/',
      agent: true,
      online: true,
      share: 'all',
    }),
    inbox: ({ show }) =>
      inbox.filter(({ hidden }) => show === 'all' || (show === 'junk' ? hidden === 'junk' : !hidden)),
    sent: () => [...sent],
    status: ({ id }) => {
      const found = sent.find((one) => one.id === id)
      if (!found) throw new PretendTrouble('no-such-message', 'No such message was sent from here.')
      return found
    },
    'contacts.list': () => contacts,
    'contacts.add': ({ who }) => {
      const address = who.includes('@') ? who : `${who}@post.example`
      const line: ContactLine = { address, fingerprint: 'PQ7D 2LMA 9XKC 4RTE', state: 'approved' }
      contacts = [...contacts.filter((one) => one.address !== address), line]
      changed('people')
      return line
    },
    'contacts.remove': ({ address }) => {
      contacts = contacts.filter((one) => one.address !== address)
      changed('people')
      return contacts
    },
    'contacts.block': ({ address }) => {
      contact(address, { state: 'blocked' })
      return contacts
    },
    'contacts.unblock': ({ address }) => {
      contact(address, { state: 'approved' })
      return contacts
    },
    'contacts.invite': () => ({
      link: `${location.origin}/#/join/mia.QmVsaWV2YWJsZS1pbnZpdGF0aW9u`,
      expires: new Date(Date.now() + 7 * DAY_MS).toISOString(),
    }),
    finger: ({ address }) => ({
      address,
      fingerprint: contacts.find((one) => one.address === address)?.fingerprint ?? 'PQ7D 2LMA 9XKC 4RTE',
      devices: [{ name: 'laptop', createdAt: ago(90 * DAY_MS), online: true }],
      key: 'known',
    }),
    devices: () => ({
      canSign: true,
      devices: [
        { name: 'browser', createdAt: ago(40 * DAY_MS), primary: true, thisOne: true, online: true },
        { name: 'studio', createdAt: ago(12 * DAY_MS), primary: false, thisOne: false, online: false },
        { name: 'tower', createdAt: ago(12 * DAY_MS), primary: false, thisOne: false, online: true, listens: true },
      ],
    }),
    'devices.offer': () => ({
      code: '7K2M-Q9XD-3PLA-WB5N-ZC8R-T4',
      link: `${location.origin}/#/link/7K2MQ9XD3PLAWB5NZC8RT4`,
      expires: new Date(Date.now() + 10 * MINUTE_MS).toISOString(),
    }),
    'devices.await': (_args, { signal }) => never(signal),
    prefs: () => ({
      v: 1,
      sequence: 3,
      changedAt: ago(2 * DAY_MS),
      priority: ['ann@post.example'],
      junk: [],
      fetch: [{ from: ['ann@post.example'], network: 'any', decide: 'fetch' }],
      requestsPerDay: 20,
      serve: { copies: true, bytesPerSecond: 0 },
      openTo: [],
      tunnelOnly: [],
      sent: { whenFetched: 'keep', remindHours: 48 },
      marks: 'on',
      tellReceived: 'off',
    }),
    doctor: () => ({
      checks: [
        { name: 'server', ok: true, says: 'The server answers in 12 ms.' },
        { name: 'clock', ok: true, says: 'The clock is right to the second.' },
        {
          name: 'paths',
          ok: false,
          says: 'No contact can reach this browser directly.',
          todo: 'Nothing: the server carries it.',
        },
      ],
    }),
    'presence.share': ({ share }) => ({ share }),
    async send({ to, files, title }, { onProgress, signal }) {
      for (let done = 0; files.length > 0 && done <= 1; done += 0.1) {
        onProgress({ kind: 'reading', name: title ?? 'film.mp4', doneBytes: done * 4e8, sizeBytes: 4e8 })
        await later(TICK_MS, signal)
      }
      const id = `pretend-${Date.now()}`
      sent.unshift({
        id,
        ...(title !== undefined && { title }),
        date: ago(0),
        expires: ago(-30 * DAY_MS),
        sizeBytes: files.length * 4e8,
        uploadedBytes: 0,
        recipients: to.map((address) => ({ address, state: 'accepted', fetchedAt: null, receipt: 'none' })),
      })
      changed('sent', id)
      return { id, to, media: [], accepted: true }
    },
    async get({ what }, { onProgress, signal }) {
      const entry = find(what)
      const [first] = entry.media
      if (!first) throw new PretendTrouble('not-available', 'There is nothing to fetch in this message.')
      entry.state = 'fetching'
      while (first.verifiedBytes < first.sizeBytes) {
        await later(TICK_MS, signal).catch((error: unknown) => {
          entry.state = 'announced'
          changed('inbox', entry.id)
          throw error
        })
        first.verifiedBytes = Math.min(first.sizeBytes, first.verifiedBytes + Math.ceil(first.sizeBytes * TICK_PART))
        onProgress({
          kind: 'fetching',
          name: first.name,
          doneBytes: first.verifiedBytes,
          sizeBytes: first.sizeBytes,
          allDoneBytes: first.verifiedBytes,
          allSizeBytes: first.sizeBytes,
          bytesPerSecond: (first.sizeBytes * TICK_PART * 1000) / TICK_MS,
          source: entry.fromDevice,
          path: 'webrtc',
        })
        changed('inbox', entry.id)
      }
      entry.state = 'ready'
      first.path = `/kept/${first.name}`
      kept++
      changed('inbox', entry.id)
      const { name, sizeBytes } = first
      return {
        id: entry.id,
        files: [{ name, sizeBytes, root: first.root, file: first.path }],
        fetchedBytes: sizeBytes,
        receipt: 'sent',
      }
    },
    refuse: ({ id }) => {
      const entry = find(id)
      entry.state = 'refused'
      changed('inbox', entry.id)
      return entry
    },
    'inbox.watch': (_args, { signal }) => never(signal),
    'send.wait': (_args, { signal }) => never(signal),
  }

  return {
    get state() {
      return state
    },
    onState: (listener) => added(states, listener),
    onChange: (listener) => added(changes, listener),
    onEvent: (listener) => added(events, listener),
    async do(name, args, { onProgress = () => {}, signal = new AbortController().signal } = {}) {
      const operation = table[name]
      if (!operation) throw new PretendTrouble('not-available', `The pretended device has no ${name}.`)
      await later(30, signal)
      return await operation(args, { onProgress, signal })
    },
    async signUp({ name }) {
      become({ ...open, address: name.includes('@') ? name : `${name}@post.example` })
    },
    async joinByLink({ onFingerprint, signal = new AbortController().signal }) {
      onFingerprint?.('RT5C 8WPN 2KQD 7XMA')
      await later(3_000, signal)
      become({ ...open, wordsToKeep: false })
    },
    recover: async () => become({ ...open, wordsToKeep: false }),
    recoveryWords: async () => 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' '),
    wordsKept: async () => amend({ wordsToKeep: false }),
    canProtect: async () => true,
    protect: async () => amend({ protection: 'passkey' }),
    unprotect: async () => amend({ protection: 'none' }),
    unlock: async () => become({ ...open, protection: 'passkey' }),
    lock: async () => become({ state: 'locked', address: ME }),
    forget: async () => become({ state: 'none' }),
    takeOver: async () => become(open),
    registerFile: (file) => `given:${file.name}`,
    registerSink: () => 'sink:pretend',
    readMedia: () => Promise.reject(new PretendTrouble('no-source', 'The pretended device has no bytes.')),
    mediaPort: () => new MessageChannel().port1,
    live: () => new MessageChannel().port1,
    keptFile: (path) => Promise.resolve(new File(['A pretended file.\n'], path.slice(path.lastIndexOf('/') + 1))),
    linkAddresses: async () => 'not-offered' as const,
    showAddress: async () => {},
    storage: async () => ({
      usedBytes: 2.1e9 + kept * 4e8,
      quotaBytes: 2.4e11,
      persisted: true,
      kept: inbox.flatMap(({ id, media: all }) =>
        all.flatMap(({ root: of, name, type, sizeBytes, verifiedBytes, path }) =>
          verifiedBytes === 0
            ? []
            : [{ id, root: of, name, type, sizeBytes, hereBytes: verifiedBytes, ...(path !== undefined && { path }) }],
        ),
      ),
    }),
    async dropKept({ id }) {
      const [first] = find(id).media
      if (first) first.verifiedBytes = 0
      changed('inbox', id)
    },
  }
}

function pretendContacts(): ContactLine[] {
  return [
    {
      address: 'ann@post.example',
      fingerprint: 'M3XD 9KQP 7WLA 2RTB',
      state: 'mutual',
      online: true,
      preferred: 'first',
    },
    { address: 'bob@post.example', fingerprint: 'C8NZ 4FQE 6TYH 3KPW', state: 'mutual', online: false },
    { address: 'crew@nordlicht.example', fingerprint: 'W2JD 5XMC 8RVA 9QLT', state: 'mutual', online: true },
    { address: 'dora@elsewhere.example', fingerprint: 'H7PL 3ZKB 4DWN 6XQC', state: 'approved' },
    { address: 'emil@post.example', fingerprint: 'T9QX 2MRC 7LHE 5BZD', state: 'asks' },
    { address: 'fay@post.example', fingerprint: 'N4WB 8CKT 3XPA 6JMQ', state: 'changed', online: false },
    { address: 'spam@cheap.example', fingerprint: 'Z6DV 1HQN 9KTR 4WXL', state: 'blocked' },
  ]
}

function pretendInbox(): InboxEntry[] {
  const entry = (id: string, from: string, agoMs: number, more: Partial<InboxEntry>): InboxEntry => ({
    id: `${id}-pretend-message`,
    from,
    fromDevice: `${from}/laptop`,
    to: [ME],
    date: ago(agoMs),
    sentAt: ago(agoMs),
    receivedAt: ago(agoMs - 2_000),
    expires: ago(agoMs - 30 * DAY_MS),
    media: [],
    state: 'ready',
    ...more,
  })
  const wedding = media('A', 'wedding.mp4', 3_412_884_992, 'video/mp4')
  const song = media('B', 'Lied für Mia.flac', 41_228_800, 'audio/flac')
  const reel = media('C', 'A012_C004.mxf', 84_112_334_848, 'application/mxf')
  const photo = media('D', 'harbour.jpg', 4_812_300, 'image/jpeg')
  const script = media('E', 'script.pdf', 812_300, 'application/pdf')
  return [
    entry('aaaaaa', 'ann@post.example', 4 * MINUTE_MS, {
      title: 'The wedding, all of it',
      text: 'Two hours, sorry. The speeches are at 41 minutes.',
      copyright: 'Ann',
      to: [ME, 'bob@post.example'],
      state: 'announced',
      media: [{ ...wedding, verifiedBytes: 0 }],
    }),
    entry('bbbbbb', 'ann@post.example', 2 * MINUTE_MS, { text: 'Did you see Bob dance?' }),
    entry('cccccc', 'bob@post.example', 26 * HOUR_MS, {
      title: 'Lied für Mia',
      state: 'ready',
      media: [{ ...song, verifiedBytes: song.sizeBytes, path: '/kept/Lied für Mia.flac' }],
    }),
    entry('dddddd', 'crew@nordlicht.example', 3 * HOUR_MS, {
      title: 'Day 12, camera A',
      what: 'Rushes',
      where: 'Tromsø',
      state: 'scheduled',
      waitsFor: 'It waits until a device of crew@nordlicht.example is on-line.',
      media: [{ ...reel, verifiedBytes: 31_960_000_000 }],
    }),
    entry('eeeeee', 'crew@nordlicht.example', 5 * DAY_MS, {
      text: 'The script, and where we stay.',
      media: [
        { ...script, verifiedBytes: script.sizeBytes, path: '/kept/script.pdf' },
        { ...photo, verifiedBytes: photo.sizeBytes, path: '/kept/harbour.jpg' },
      ],
    }),
    entry('ffffff', 'dora@elsewhere.example', 9 * DAY_MS, {
      title: 'Harbour',
      state: 'changed',
      waitsFor: 'The file changed after it was sent. Ask dora@elsewhere.example to send it again.',
      media: [{ ...media('F', 'harbour.mov', 912_000_000, 'video/quicktime'), verifiedBytes: 120_000_000 }],
    }),
    entry('gggggg', 'emil@post.example', 20 * MINUTE_MS, {
      text: 'Hello Mia, Ann gave me your name.',
      state: 'request',
    }),
    entry('hhhhhh', 'bob@post.example', 40 * DAY_MS, {
      title: 'Old house',
      state: 'expired',
      gone: { reason: 'expired', at: ago(10 * DAY_MS) },
      media: [{ ...media('G', 'house.mkv', 12_400_000_000, 'video/matroska'), verifiedBytes: 0 }],
    }),
  ]
}

function pretendSent(): SentStatus[] {
  return [
    {
      id: 'ssssss-pretend-message',
      title: 'Mia on the mountain',
      date: ago(50 * MINUTE_MS),
      expires: ago(-30 * DAY_MS),
      sizeBytes: 1_482_113_024,
      uploadedBytes: 912_113_024,
      recipients: [
        { address: 'ann@post.example', state: 'fetched', fetchedAt: ago(12 * MINUTE_MS), receipt: 'verified' },
        { address: 'bob@post.example', state: 'fetching', fetchedAt: null, receipt: 'none' },
        { address: 'dora@elsewhere.example', state: 'accepted', fetchedAt: null, receipt: 'none' },
      ],
    },
    {
      id: 'tttttt-pretend-message',
      date: ago(6 * DAY_MS),
      expires: ago(-24 * DAY_MS),
      sizeBytes: 0,
      uploadedBytes: 0,
      recipients: [{ address: 'ann@post.example', state: 'announced', fetchedAt: null, receipt: 'none' }],
    },
  ]
}

function added<T>(set: Set<T>, one: T): () => void {
  set.add(one)
  return () => set.delete(one)
}

function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new PretendTrouble('cancelled', 'Stopped.'))
    })
  })
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new PretendTrouble('cancelled', 'Stopped.')))
  })
}
