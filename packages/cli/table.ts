// Every command by name, in the order in which a newcomer meets them, and what loads it. Nothing is loaded here.

import { type Command, UsageError } from './command.ts'
import { nearest } from './nearest.ts'

export interface Entry {
  readonly name: string
  /** One line, continuing "doorpost NAME: ". */
  readonly summary: string
  load(): Promise<Command>
}

export const table: readonly Entry[] = [
  { name: 'join', summary: 'join a server under a name', load: async () => (await import('./commands/join.ts')).join },
  {
    name: 'send',
    summary: 'send files, folders or a line of text',
    load: async () => (await import('./commands/send.ts')).send,
  },
  {
    name: 'chat',
    summary: 'talk to somebody, line by line',
    load: async () => (await import('./commands/chat.ts')).chat,
  },
  {
    name: 'live',
    summary: 'show a film or a camera to somebody, now',
    load: async () => (await import('./commands/live.ts')).live,
  },
  {
    name: 'watch',
    summary: 'watch what somebody shows',
    load: async () => (await import('./commands/watch.ts')).watch,
  },
  { name: 'inbox', summary: 'what came for you', load: async () => (await import('./commands/inbox.ts')).inbox },
  {
    name: 'get',
    summary: 'fetch the files of a message',
    load: async () => (await import('./commands/get.ts')).get,
  },
  {
    name: 'pause',
    summary: 'stop fetching a message for now; get goes on',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    name: 'status',
    summary: 'who has what you sent',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'links',
    summary: 'links you made for people without an account: list, take back',
    load: async () => (await import('./commands/links.ts')).links,
  },
  {
    name: 'withdraw',
    summary: 'take back what you sent',
    load: async () => (await import('./commands/withdraw.ts')).withdraw,
  },
  {
    name: 'hand-over',
    summary: 'let another device of yours give out what you sent',
    load: async () => (await import('./commands/hand-over.ts')).handOver,
  },
  {
    name: 'range-link',
    summary: 'addresses for other programs to fetch ciphertext from',
    load: async () => (await import('./commands/range-link.ts')).rangeLink,
  },
  {
    name: 'decrypt',
    summary: 'make the file of ciphertext that another program fetched',
    load: async () => (await import('./commands/decrypt.ts')).decrypt,
  },
  {
    name: 'agent',
    summary: 'stay: serve what you sent, collect what comes',
    load: async () => (await import('./commands/agent.ts')).agent,
  },
  {
    name: 'devices',
    summary: 'your devices: link another, revoke one',
    load: async () => (await import('./commands/devices.ts')).devices,
  },
  {
    name: 'link',
    summary: 'make this a device of yours, by a code from the first',
    load: async () => (await import('./commands/link.ts')).link,
  },
  {
    name: 'recover',
    summary: 'take an account back with its recovery words',
    load: async () => (await import('./commands/recover.ts')).recover,
  },
  {
    name: 'export',
    summary: 'this device as one file, under a passphrase',
    load: async () => (await import('./commands/export.ts')).exportDevice,
  },
  {
    name: 'import',
    summary: 'a device from such a file',
    load: async () => (await import('./commands/import.ts')).importDevice,
  },
  {
    name: 'contacts',
    summary: 'people you approved',
    load: async () => (await import('./commands/contacts.ts')).contacts,
  },
  {
    name: 'prefs',
    summary: 'who comes first, what is junk, what is fetched by itself',
    load: async () => (await import('./commands/prefs.ts')).prefs,
  },
  {
    name: 'finger',
    summary: 'the public keys of a user, and more of a contact',
    load: async () => (await import('./commands/finger.ts')).finger,
  },
  {
    name: 'refuse',
    summary: 'decline a message',
    load: async () => (await import('./commands/refuse.ts')).refuse,
  },
  {
    name: 'whoami',
    summary: 'your address, device and fingerprint',
    load: async () => (await import('./commands/whoami.ts')).whoami,
  },
  {
    name: 'presence',
    summary: 'what contacts see of you',
    load: async () => (await import('./commands/presence.ts')).presence,
  },
  {
    name: 'doctor',
    summary: 'what works from here, in words',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  { name: 'stop', summary: 'end the agent', load: async () => (await import('./commands/stop.ts')).stop },
  { name: 'serve', summary: 'run a server', load: async () => (await import('./commands/serve.ts')).serve },
  {
    name: 'invite',
    summary: 'a link with which somebody can register on your server',
    load: async () => (await import('./commands/invite.ts')).invite,
  },
  {
    name: 'admin',
    summary: 'figures, users, invitations and limits of a server you run',
    load: async () => (await import('./commands/admin.ts')).admin,
  },
  {
    name: 'vmio',
    summary: 'one exchange with a server, as it goes over the wire',
    load: async () => (await import('./commands/vmio.ts')).vmio,
  },
  {
    name: 'completion',
    summary: 'a script that completes this command in your shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  { name: 'help', summary: 'about one command', load: async () => (await import('./commands/help.ts')).help },
  {
    name: 'version',
    summary: 'which version this is',
    load: async () => (await import('./commands/version.ts')).version,
  },
]

/** Throws a UsageError that names the nearest command. */
export function entryOf(name: string): Entry {
  const entry = table.find((each) => each.name === name)
  if (entry !== undefined) return entry
  const near = nearest(
    name,
    table.map((each) => each.name),
  )
  const known = near === undefined ? '' : ` Did you mean ${near}?`
  throw new UsageError(`doorpost has no command ${JSON.stringify(name)}.${known}`)
}
