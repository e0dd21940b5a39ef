// `doorpost range-link ID --to ADDRESS`: addresses from which other programs (aria2c, curl) fetch the ciphertext of a message. The agent
// must have its door open. What is answered is secret: whoever has it can fetch until it ends.

import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf } from '../home.ts'
import { readDurationMs } from '../read-duration.ts'
import { sentId } from '../resolve-id.ts'
import { printable } from '../show/printable.ts'
import { whenText } from '../show/when.ts'

export const rangeLink = command({
  examples: [
    'doorpost range-link latest --to bob',
    'doorpost range-link latest --to bob/laptop --for 12h',
    'doorpost range-link latest --to bob --json',
  ],
  operands: [{ name: 'ID', about: 'id of a message that was sent or fetched, its beginning, or latest' }],
  options: {
    to: { type: 'text', value: 'ADDRESS', about: 'who may fetch with it: somebody the message names' },
    for: { type: 'text', value: 'TIME', about: 'how long it is open: 30m, 12h; 7d at most', default: '1h' },
    also: {
      type: 'text',
      many: true,
      value: 'URL',
      about: 'where else it is to be had: the same link of another device',
    },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'The agent opens the door: doorpost agent --range-door 8026. What is fetched there is encrypted; doorpost decrypt makes the file of it.',
    'A link is secret: whoever has it can fetch until it ends, and only ciphertext. The one that ends in .meta4 lets aria2c check every piece.',
  ],
  async run({ operands: [written = ''], options }, around) {
    const { to, also } = options
    if (to === undefined) throw new UsageError('doorpost range-link needs --to ADDRESS: who may fetch with it.')
    for (const url of also) {
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
        throw new UsageError(`--also takes an http or https address, not ${JSON.stringify(url)}.`)
      }
    }
    const { TOKEN_MS_MAX } = await import('@doorpost/peer/send/range-tokens')
    const lifetimeMs = options.for === undefined ? undefined : readDurationMs(options.for, 'for', TOKEN_MS_MAX)
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    // Of a message that came in, the device itself knows the beginnings.
    const id = written === 'latest' ? await sentId(peer, written) : written
    const args = {
      id,
      to,
      ...(lifetimeMs !== undefined && { lifetimeMs }),
      ...(also.length > 0 && { also: [...also] }),
    }
    const made = await peer.do('ranges.link', args, { signal: around.stop })
    if (options.json) answerJson(made, around)
    else for (const { metalink } of made.links) around.out.write(`${metalink}\n`)
    around.err.write(`Open for ${printable(made.to)} until ${whenText(made.expires, around.now())}.\n`)
    return undefined
  },
})
