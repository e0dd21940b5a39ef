// `doorpost whoami`: who this device speaks for, and how others recognise it.

import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { pairsText } from '../show/pairs.ts'

export const whoami = command({
  examples: ['doorpost whoami', 'doorpost whoami --json', 'doorpost whoami --home ~/.doorpost'],
  operands: [],
  options: { ...homeOption, ...jsonOption },
  async run({ options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const self = await opened.peer.do('whoami', {}, { signal: around.stop })
    if (options.json) {
      answerJson(self, around)
      return undefined
    }
    around.out.write(
      pairsText(
        [
          ['address', self.address],
          ['device', self.device],
          ['fingerprint', self.fingerprint],
          ['server', `${self.server}${self.agent && !self.online ? ' (no line to it now)' : ''}`],
          ['home', self.home],
          ['agent', self.agent ? 'running' : 'none; doorpost agent starts one'],
          ['contacts see', sharing[self.share] ?? self.share],
        ],
        around.out,
      ),
    )
    return undefined
  },
})

const sharing: Record<string, string> = {
  all: 'whether you are on-line, and your network addresses',
  presence: 'whether you are on-line',
  nothing: 'nothing',
}
