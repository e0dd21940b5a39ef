// `doorpost pause ID`: ends a fetch that the agent runs. What was fetched is kept.

import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { inboxJson } from '../inbox-json.ts'
import { receivedId } from '../resolve-id.ts'
import { printable } from '../show/printable.ts'

export const pause = command({
  examples: ['doorpost pause latest', 'doorpost pause latest --json', 'doorpost pause latest --home ~/.doorpost'],
  operands: [{ name: 'ID', about: 'id of a message, its beginning, or latest' }],
  options: { ...homeOption, ...jsonOption },
  notes: ['What was fetched is kept. doorpost get ID goes on where it stopped.'],
  async run({ operands: [written = ''], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const id = await receivedId(opened.peer, written)
    const entry = await opened.peer.do('pause', { id }, { signal: around.stop })
    if (options.json) answerJson(inboxJson(entry), around)
    else {
      const which = `${printable(entry.title ?? entry.id)} from ${printable(entry.from)}`
      around.err.write(entry.state === 'announced' ? `Paused: ${which}.\n` : `Nothing of ${which} is being fetched.\n`)
    }
    return undefined
  },
})
