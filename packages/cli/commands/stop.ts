// `doorpost stop`: ends the agent of a home cleanly. What is under way is kept and goes on next time.

import { Trouble } from '@doorpost/peer/operations'
import { command, homeOption } from '../command.ts'
import { homeOf } from '../home.ts'

export const stop = command({
  examples: ['doorpost stop', 'doorpost stop --home ~/.doorpost', 'DOORPOST_HOME=~/.doorpost doorpost stop'],
  operands: [],
  options: { ...homeOption },
  async run({ options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    if (!(await opened.isAgent()))
      throw new Trouble('not-available', 'No agent is running here.', { todo: 'There is nothing to end.' })
    await opened.peer.do('stop', {}, { signal: around.stop })
    around.err.write('The agent has ended. What was under way is kept and goes on when it is started again.\n')
    return undefined
  },
})
