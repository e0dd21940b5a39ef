// `doorpost presence share ...`: what mutual contacts see of this user. Strangers see nothing of it in any case.

import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'

const choices = ['all', 'presence', 'nothing'] as const

const told = {
  all: 'Your contacts see when you are on-line, and your devices’ network addresses: films go straight to them.',
  presence: 'Your contacts see when you are on-line, but no network address.',
  nothing: 'Nobody sees when you are on-line, nor where.',
} as const

export const presence = command({
  examples: ['doorpost presence share all', 'doorpost presence share presence', 'doorpost presence share nothing'],
  operands: [
    { name: 'share', about: 'what is done', choices: ['share'] },
    { name: 'WHAT', about: 'what contacts see', choices },
  ],
  options: { ...homeOption, ...jsonOption },
  notes: ['Without network addresses nothing can be fetched from you over a direct path.'],
  async run({ operands, options }, around) {
    const share = choices.find((choice) => choice === operands[1]) ?? 'all'
    await using opened = await around.openPeer(homeOf(options.home, around))
    const answer = await opened.peer.do('presence.share', { share }, { signal: around.stop })
    if (options.json) answerJson(answer, around)
    else around.out.write(`${told[share]}\n`)
    return undefined
  },
})
