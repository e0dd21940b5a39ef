// `doorpost hand-over ID DEVICE`: another device of one's own keeps what was sent from here and gives it out, so that this one may go.

import { handedSentence } from '@doorpost/peer/catalogue/en'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf } from '../home.ts'
import { sentId } from '../resolve-id.ts'

export const handOver = command({
  examples: [
    'doorpost hand-over latest tower',
    'doorpost hand-over latest tower --json',
    'doorpost hand-over latest --stop',
  ],
  operands: [
    { name: 'ID', about: 'id of a message that was sent from here, its beginning, or latest' },
    { name: 'DEVICE', optional: true, about: 'a device of yours that runs an agent; doorpost devices lists them' },
  ],
  options: {
    stop: { type: 'flag', about: 'wait for no other device any more: this one gives it out, as before' },
    ...homeOption,
    ...jsonOption,
  },
  notes: ['This device has to stay until the other one has it all: doorpost status ID says so.'],
  async run({ operands: [written = '', device], options }, around) {
    if (options.stop === (device !== undefined)) {
      throw new UsageError('doorpost hand-over needs a DEVICE, or --stop and none.')
    }
    await using opened = await around.openPeer(homeOf(options.home, around))
    const id = await sentId(opened.peer, written)
    const on = { signal: around.stop }
    const status =
      device === undefined
        ? await opened.peer.do('send.keepHere', { id }, on)
        : await opened.peer.do('send.handOver', { id, device }, on)
    if (options.json) answerJson(status, around)
    else if (device === undefined) around.err.write('This device gives it out, and has to stay until they have it.\n')
    else if (status.handed) around.err.write(`${handedSentence(status.handed)}\n`)
    return undefined
  },
})
