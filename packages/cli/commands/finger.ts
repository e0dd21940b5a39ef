// `doorpost finger ADDRESS`: what anybody may know of a user, and what a mutual contact may know besides.

import { safetyNumber } from '@doorpost/protocol/safety-number'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { pairsText } from '../show/pairs.ts'
import { tableText } from '../show/table.ts'
import { whenText } from '../show/when.ts'

const keyWords = {
  new: 'seen for the first time',
  known: 'the one you know',
  changed: 'NOT the one you know: compare it with them before you go on',
} as const

export const finger = command({
  examples: ['doorpost finger bob', 'doorpost finger bob@localhost:8025', 'doorpost finger bob --json'],
  operands: [{ name: 'ADDRESS', about: 'a user: bob, or bob@example.org' }],
  options: { ...homeOption, ...jsonOption },
  async run({ operands: [address = ''], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const line = await opened.peer.do('finger', { address }, { signal: around.stop })
    if (options.json) {
      answerJson(line, around)
      return undefined
    }
    const me = await opened.peer.do('whoami', {}, { signal: around.stop })
    const { out } = around
    out.write(
      pairsText(
        [
          ['address', line.address],
          ['fingerprint', line.fingerprint],
          ['key', keyWords[line.key]],
          // What the web app shows both of them, to be compared by telephone.
          ...(line.address === me.address ? [] : [['safety number', safetyNumber(line, me)] as const]),
        ],
        out,
      ),
    )
    const rows = line.devices.map((device) => [
      device.name,
      whenText(device.createdAt, around.now()),
      device.revokedAt !== undefined
        ? `withdrawn ${whenText(device.revokedAt, around.now())}`
        : device.online === undefined
          ? ''
          : device.online
            ? 'on-line'
            : 'away',
      (device.addresses ?? []).join(', '),
    ])
    out.write('\n')
    out.write(tableText([{ head: 'Device' }, { head: 'Since' }, { head: '' }, { head: '', gives: true }], rows, out))
    return undefined
  },
})
