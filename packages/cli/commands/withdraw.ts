// `doorpost withdraw ID`: takes a message back. Who has not fetched it cannot any more, from nobody; who has it, has it.

import { sentTombstoneSentence } from '@doorpost/peer/catalogue/en'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { sentId } from '../resolve-id.ts'
import { whenText } from '../show/when.ts'

export const withdraw = command({
  examples: [
    'doorpost withdraw latest',
    'doorpost withdraw latest --json',
    'doorpost withdraw latest --home ~/.doorpost',
  ],
  operands: [{ name: 'ID', about: 'id of a message that was sent from here, its beginning, or latest' }],
  options: { ...homeOption, ...jsonOption },
  notes: ['Its recipients are told. Who has fetched it already keeps it.'],
  async run({ operands: [written = ''], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const id = await sentId(opened.peer, written)
    const status = await opened.peer.do('send.withdraw', { id }, { signal: around.stop })
    const at = status.gone?.at ?? new Date(around.now()).toISOString()
    if (options.json) answerJson(status, around)
    else around.err.write(`${sentTombstoneSentence('withdrawn', whenText(at, around.now()))}\n`)
    return undefined
  },
})
