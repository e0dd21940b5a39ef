// `doorpost export FILE`: this device as one file, under a passphrase: to keep, or to move it to another machine.

import { resolve } from 'node:path'
import { sizeText } from '@doorpost/peer/catalogue/quantity'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf, homeWords, shellWord } from '../home.ts'
import { openStoreOf } from '../open-store.ts'
import { passphraseOf, passphraseOption } from '../passphrase.ts'
import { printable } from '../show/printable.ts'

export const exportDevice = command({
  examples: [
    'doorpost export laptop.doorpost',
    'doorpost export laptop.doorpost --move',
    'doorpost export laptop.doorpost --passphrase-file secret.txt --json',
  ],
  operands: [
    { name: 'FILE', optional: true, about: 'the file to make; there must be none of that name', completes: 'file' },
  ],
  options: {
    move: { type: 'flag', about: 'this device moves: it does not run here any more' },
    stay: { type: 'flag', about: 'take back --move: it runs here again, and never from that file' },
    ...passphraseOption,
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'The file holds keys, contacts, preferences and records of mail. Media are not in it.',
    'One device must not run in two places: each message would reach only one of them.',
  ],
  async run({ operands: [file], options }, around) {
    const home = homeOf(options.home, around)
    if (options.stay) {
      if (file !== undefined || options.move) throw new UsageError('--stay goes alone.')
      await using store = await openStoreOf(home)
      await store.write([{ drop: 'settings', key: 'moved' }])
      around.out.write('This device runs here again. Never import that file.\n')
      return undefined
    }
    if (file === undefined) throw new UsageError('doorpost export needs FILE: the file to make.')
    const passphrase = await passphraseOf(options['passphrase-file'], 'new', around)
    await using opened = await around.openPeer(home)
    const args = { file: resolve(around.cwd, file), passphrase, move: options.move }
    const made = await opened.peer.do('export', args, { signal: around.stop })
    if (options.json) {
      answerJson({ ...made, moved: options.move }, around)
      return undefined
    }
    around.out.write(`${printable(made.file)}\n`)
    around.err.write(
      `${sizeText(made.sizeBytes)}. On the other machine: doorpost import ${printable(shellWord(file))}\n`,
    )
    around.err.write(
      options.move
        ? 'This device does not run here any more.\n'
        : `It goes on here. To let it run there instead, export it with --move${homeWords(options.home)}.\n`,
    )
    return undefined
  },
})
