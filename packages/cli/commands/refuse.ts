// `doorpost refuse ID`: declines a message. Nothing of it is fetched; what was fetched in part is dropped.

import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { inboxJson } from '../inbox-json.ts'
import { receivedId } from '../resolve-id.ts'
import { printable } from '../show/printable.ts'

export const refuse = command({
  examples: ['doorpost refuse latest', 'doorpost refuse latest --json', 'doorpost refuse latest --home ~/.doorpost'],
  operands: [{ name: 'ID', about: 'id of a message, its beginning, or latest' }],
  options: { ...homeOption, ...jsonOption },
  notes: ['A sender who is a contact of yours is told that you declined. doorpost get ID takes it up again.'],
  async run({ operands: [written = ''], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const id = await receivedId(opened.peer, written)
    const entry = await opened.peer.do('refuse', { id }, { signal: around.stop })
    if (options.json) answerJson(inboxJson(entry), around)
    else around.err.write(`Declined: ${printable(entry.title ?? entry.id)} from ${printable(entry.from)}.\n`)
    return undefined
  },
})
