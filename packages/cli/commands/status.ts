// `doorpost status [ID]`: who has what was sent from here. "Has it" is the recipient's signature, never a guess.

import { handedSentence, recipientSentence, sentTombstoneSentence } from '@doorpost/peer/catalogue/en'
import { sizeText } from '@doorpost/peer/catalogue/quantity'
import type { SentStatus } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { sentId, shortId } from '../resolve-id.ts'
import { pairsText } from '../show/pairs.ts'
import { printable } from '../show/printable.ts'
import { tableText } from '../show/table.ts'
import { whenText } from '../show/when.ts'
import type { Surroundings } from '../surroundings.ts'

export const status = command({
  examples: ['doorpost status', 'doorpost status latest', 'doorpost status latest --json'],
  operands: [{ name: 'ID', optional: true, about: 'one message: its id, the beginning of it, or latest' }],
  options: { ...homeOption, ...jsonOption },
  notes: [
    'Of a recipient who is not a contact of yours you are told nothing but that the message was accepted, or expired.',
  ],
  async run({ operands: [written], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    if (written === undefined) {
      const sent = await peer.do('sent', {}, { signal: around.stop })
      if (options.json) answerJson(sent.map(statusJson), around)
      else if (sent.length === 0) around.err.write('Nothing was sent from here yet.\n')
      else around.out.write(sentText(sent, around))
      return undefined
    }
    const one = await peer.do('status', { id: await sentId(peer, written) }, { signal: around.stop })
    if (options.json) answerJson(statusJson(one), around)
    else around.out.write(statusText(one, around))
    return undefined
  },
})

/** What every script may rely on first. */
function statusJson({ id, uploadedBytes, recipients, ...rest }: SentStatus): Record<string, unknown> {
  return {
    id,
    uploadedBytes,
    recipients: recipients.map(({ address, state, fetchedAt, receipt, ...more }) => ({
      ...{ address, state, fetchedAt, receipt },
      ...more,
    })),
    ...rest,
  }
}

/** One recipient in words. */
export function recipientWords(recipient: SentStatus['recipients'][number], expires: string, nowMs: number): string {
  const { state, fetchedAt, refusedAt, receipt } = recipient
  const at = fetchedAt ?? refusedAt
  return recipientSentence(state, {
    receipt,
    at: at === undefined ? undefined : whenText(at, nowMs),
    expired: whenText(expires, nowMs),
  })
}

function statusText(sent: SentStatus, around: Surroundings): string {
  const { out } = around
  const head = pairsText(
    [
      ['id', sent.id],
      ['title', sent.title],
      ['sent', whenText(sent.date, around.now())],
      ['waits until', whenText(sent.expires, around.now())],
      ['size', sent.sizeBytes > 0 ? sizeText(sent.sizeBytes) : undefined],
      ['given out', sent.sizeBytes > 0 ? sizeText(sent.uploadedBytes) : undefined],
      ['held back', sent.heldBack],
      ['gone', sent.gone && sentTombstoneSentence(sent.gone.reason, whenText(sent.gone.at, around.now()))],
      ['handed over', sent.handed && printable(handedSentence(sent.handed))],
      ['archived', sent.archived && `${whenText(sent.archived.at, around.now())}: ${sent.archived.path}`],
    ],
    out,
  )
  const rows = sent.recipients.map((recipient) => [
    recipient.address,
    {
      text: recipientWords(recipient, sent.expires, around.now()),
      ...(recipient.receipt === 'verified' && { paint: 'green' as const }),
    },
  ])
  return `${head}\n${tableText([{ head: 'To', gives: true }, { head: 'State' }], rows, out)}`
}

function sentText(sent: readonly SentStatus[], around: Surroundings): string {
  const rows = sent.map((each) => {
    const have = each.recipients.filter(({ state }) => state === 'fetched').length
    const [first] = each.recipients
    const whom = each.recipients.map(({ address }) => address).join(', ')
    const state =
      each.recipients.length === 1 && first !== undefined
        ? recipientWords(first, each.expires, around.now())
        : `${have} of ${each.recipients.length} have it`
    return [
      shortId(each.id),
      printable(whom),
      each.title ?? '',
      whenText(each.date, around.now()),
      each.sizeBytes > 0 ? sizeText(each.sizeBytes) : '',
      state,
    ]
  })
  return tableText(
    [
      { head: 'Id' },
      { head: 'To', gives: true },
      { head: 'Title', gives: true },
      { head: 'When' },
      { head: 'Size', side: 'right' },
      { head: 'State', gives: 'last' },
    ],
    rows,
    around.out,
  )
}
