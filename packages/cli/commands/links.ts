// `doorpost links`: what became of the links that were made here with `doorpost send FILE --link`, and taking one back.

import { linkSentence } from '@doorpost/peer/catalogue/links'
import { sizeText } from '@doorpost/peer/catalogue/quantity'
import type { LinkStatus } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf } from '../home.ts'
import { shortId } from '../resolve-id.ts'
import { printable } from '../show/printable.ts'
import { tableText } from '../show/table.ts'
import { whenText } from '../show/when.ts'
import type { Surroundings } from '../surroundings.ts'

const actions = ['list', 'revoke', 'hand-over'] as const

export const links = command({
  examples: ['doorpost links', 'doorpost links revoke AbCdEf12', 'doorpost links hand-over AbCdEf12 tower'],
  operands: [
    { name: 'ACTION', optional: true, about: 'what is done; list where nothing is said', choices: actions },
    { name: 'ID', optional: true, about: 'with revoke and hand-over: the link, as the list shows it' },
    { name: 'DEVICE', optional: true, about: 'with hand-over: a device of yours that runs an agent' },
  ],
  options: { ...homeOption, ...jsonOption },
  notes: [
    'The first browser that has a piece of it owns a link: nobody else can fetch by it from then on. Opening it uses nothing up.',
    'Handed over, the other device fetches the files and gives them out by the same link; this one has to stay until it does.',
    'A link that was taken back gives nothing more within five seconds. What was fetched by it stays fetched.',
  ],
  async run({ operands: [action = 'list', id, device], options }, around) {
    if ((action === 'hand-over') !== (device !== undefined)) {
      throw new UsageError(
        action === 'hand-over'
          ? 'doorpost links hand-over needs ID and DEVICE: which link, and to whom.'
          : `doorpost links ${action} does not know what to do with ${JSON.stringify(device)}.`,
      )
    }
    if ((action !== 'list') !== (id !== undefined)) {
      throw new UsageError(
        action === 'revoke'
          ? 'doorpost links revoke needs ID: which link.'
          : `doorpost links ${action} does not know what to do with ${JSON.stringify(id)}.`,
      )
    }
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    const signal = around.stop
    if (id !== undefined && device !== undefined) {
      const status = await peer.do('links.handOver', { id, device }, { signal })
      if (options.json) answerJson(status, around)
      else around.out.write(`${stateWords(status, around)}\n`)
      return undefined
    }
    if (id !== undefined) {
      const status = await peer.do('links.revoke', { id }, { signal })
      if (options.json) answerJson(status, around)
      else around.out.write(`The link is taken back. ${stateWords(status, around)}\n`)
      return undefined
    }
    const made = await peer.do('links.list', {}, { signal })
    if (options.json) answerJson(made, around)
    else if (made.length === 0) around.err.write('No link was made here yet: doorpost send FILE --link\n')
    else around.out.write(linksText(made, around))
    return undefined
  },
})

/** What a link is now, in words. */
export function stateWords(status: LinkStatus, around: Pick<Surroundings, 'now'>): string {
  const { at, expires } = status
  const shown = (instant: string) => whenText(instant, around.now())
  return linkSentence(status, { at: at === undefined ? '' : shown(at), ends: shown(expires) })
}

function linksText(made: readonly LinkStatus[], around: Surroundings): string {
  const rows = made.map((each) => [
    shortId(each.id),
    printable(each.title ?? each.media[0]?.name ?? ''),
    whenText(each.date, around.now()),
    sizeText(each.sizeBytes),
    each.heldBack ?? stateWords(each, around),
  ])
  return tableText(
    [
      { head: 'Id' },
      { head: 'What', gives: true },
      { head: 'Made' },
      { head: 'Size', side: 'right' },
      { head: 'State', gives: 'last' },
    ],
    rows,
    around.out,
  )
}
