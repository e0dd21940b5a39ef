// `doorpost import FILE`: a device from the file that `doorpost export` made, into a home that is nobody's yet.

import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Trouble } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf, homeWords } from '../home.ts'
import { openStoreOf } from '../open-store.ts'
import { passphraseOf, passphraseOption } from '../passphrase.ts'
import { printable } from '../show/printable.ts'

export const importDevice = command({
  examples: [
    'doorpost import laptop.doorpost',
    'doorpost import laptop.doorpost --home ~/.doorpost',
    'doorpost import laptop.doorpost --passphrase-file secret.txt --json',
  ],
  operands: [{ name: 'FILE', about: 'made by doorpost export', completes: 'file' }],
  options: { ...passphraseOption, ...homeOption, ...jsonOption },
  notes: ['The device must not run where it was exported any more: each message would reach only one of the two.'],
  async run({ operands: [file = ''], options }, around) {
    const path = homeOf(options.home, around)
    const source = resolve(around.cwd, file)
    const peer = await import('@doorpost/peer/identity/export')
    if ((await stat(source)).size > 2 * peer.EXPORT_BYTES_MAX) throw new Trouble('too-large', 'This file is too large.')
    const bytes = await readFile(source)
    const passphrase = await passphraseOf(options['passphrase-file'], 'known', around)
    await using store = await openStoreOf(path)
    const { user, device, fingerprint, origin } = await peer.importDevice(store, bytes, passphrase)
    if (options.json) {
      answerJson({ address: user, device, fingerprint, server: origin, home: path }, around)
      return undefined
    }
    around.out.write(`You are ${printable(user)}, and this device is called ${printable(device)}.\n`)
    around.err.write('Never start it again where it came from: each message would reach only one of the two.\n')
    around.err.write(
      'Media did not come along: files that were sent from there are served again once they lie in the same place.\n',
    )
    around.err.write(`What next:\n  doorpost agent${homeWords(options.home)}     stay, and collect what comes\n`)
    return undefined
  },
})
