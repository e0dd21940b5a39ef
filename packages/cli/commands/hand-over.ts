// `doorpost hand-over ID DEVICE`: another device of one's own keeps what was sent from here and gives it out, so that this one may go.

import { handedSentence } from '@doorpost/peer/catalogue/en'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { sentId } from '../resolve-id.ts'

export const handOver = command({
  examples: [
    'doorpost hand-over latest tower',
    'doorpost hand-over latest tower --json',
    'doorpost hand-over latest tower --home ~/.doorpost',
  ],
  operands: [
    { name: 'ID', about: 'id of a message that was sent from here, its beginning, or latest' },
    { name: 'DEVICE', about: 'a device of yours that runs an agent; doorpost devices lists them' },
  ],
  options: { ...homeOption, ...jsonOption },
  notes: ['This device has to stay until the other one has it all: doorpost status ID says so.'],
  async run({ operands: [written = '', device = ''], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const id = await sentId(opened.peer, written)
    const status = await opened.peer.do('send.handOver', { id, device }, { signal: around.stop })
    if (options.json) answerJson(status, around)
    else if (status.handed) around.err.write(`${handedSentence(status.handed)}\n`)
    return undefined
  },
})
