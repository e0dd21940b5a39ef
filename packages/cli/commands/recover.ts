// `doorpost recover SERVER NAME`: takes an account back with its recovery words, on a machine that has nothing of it. The words
// are asked for without being shown, or read from a file; never from the command line, which others can see.

import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type ContactLine, Trouble } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf, homeWords } from '../home.ts'
import { openStoreOf } from '../open-store.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'
import { deviceNameOf } from './join.ts'

export const recover = command({
  examples: [
    'doorpost recover http://localhost:8025 alice',
    'doorpost recover http://localhost:8025 alice --device third --home T',
    'doorpost recover http://localhost:8025 alice --words-file words.txt --json',
  ],
  operands: [
    { name: 'SERVER', about: 'address of the server' },
    { name: 'NAME', about: 'your name there' },
  ],
  options: {
    device: { type: 'text', value: 'NAME', about: 'what this device is called', default: "this machine's name" },
    'words-file': { type: 'text', value: 'FILE', about: 'read the words from there', completes: 'file' },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'Every device you had is revoked by it. Mail that waits for them, and what only they have, stays unreadable.',
    'Contacts follow without a question. The words stay the same, and can do it again.',
  ],
  async run({ operands: [server = '', name = ''], options }, around) {
    const home = homeOf(options.home, around)
    const { err } = around
    const done = await isRecovered(home)
    if (!done) {
      const file = options['words-file']
      const text =
        file === undefined
          ? await around.askSecret('Your twelve recovery words: ')
          : await readFile(resolve(around.cwd, file), 'utf8')
      const revoked = await takeBack(home, server, name, text, options.device)
      if (!options.json) {
        err.write('The account is yours again. This device holds its key now.\n')
        const gone = revoked.map(printable).join(', ')
        if (gone !== '') err.write(`Revoked: ${gone}. Mail that waited for them cannot be read any more.\n`)
      }
    }
    await using opened = await around.openPeer(home)
    const self = await opened.peer.do('whoami', {}, { signal: around.stop })
    const { contacts } = await opened.peer.do('contacts.restore', {}, { signal: around.stop })
    if (options.json) {
      const { address, device, fingerprint, server: origin } = self
      answerJson({ address, device, fingerprint, server: origin, home, contacts }, around)
      return undefined
    }
    around.out.write(`You are ${printable(self.address)}, and this device is called ${printable(self.device)}.\n`)
    tellContacts(contacts, around)
    err.write('Keep the words: they stay the right ones. Whoever else has seen them can take the account, too.\n')
    err.write(`What next:\n  doorpost agent${homeWords(options.home)}     stay, and collect what comes\n`)
    return undefined
  },
})

/** Cut off before its contacts were taken over: it goes on there. Throws Trouble `not-available` for a home that is somebody's. */
async function isRecovered(path: string): Promise<boolean> {
  const { readIdentity } = await import('@doorpost/peer/identity/identity-record')
  await using store = await openStoreOf(path)
  if ((await store.get<boolean>('identity', 'restoring')) === true) return true
  const identity = await readIdentity(store)
  if (!identity) return false
  throw new Trouble('not-available', `This home is ${identity.address} already.`, { todo: 'Choose another --home.' })
}

async function takeBack(
  path: string,
  server: string,
  name: string,
  text: string,
  device: string | undefined,
): Promise<readonly string[]> {
  const { recoverAccount } = await import('@doorpost/peer/identity/recover')
  await using store = await openStoreOf(path)
  const { revoked } = await recoverAccount({
    store,
    origin: server,
    user: name,
    device: device ?? deviceNameOf(hostname()),
    words: text.trim().split(/\s+/),
  })
  return revoked
}

function tellContacts(contacts: readonly ContactLine[], { err }: Surroundings): void {
  if (contacts.length === 0) return
  err.write('Your contacts are those the server remembers, with the keys it shows. Compare them when you meet:\n')
  for (const { address, fingerprint } of contacts) err.write(`  ${printable(address)}  ${fingerprint}\n`)
}
