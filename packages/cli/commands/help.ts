// `doorpost help [COMMAND]`: the same as --help.

import { command } from '../command.ts'
import { commandText, overviewText } from '../help.ts'
import { entryOf } from '../table.ts'

export const help = command({
  examples: ['doorpost help', 'doorpost help send', 'doorpost send --help'],
  operands: [{ name: 'COMMAND', optional: true, about: 'which one' }],
  options: {},
  async run({ operands: [name] }, { out }) {
    if (name === undefined) {
      out.write(overviewText())
    } else {
      const entry = entryOf(name)
      out.write(commandText(entry, await entry.load()))
    }
    return undefined
  },
})
