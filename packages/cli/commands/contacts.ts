// `doorpost contacts`: whom this user approved, and who asks. Approving is what lets somebody see presence and addresses,
// and send more than a line of text; it takes both.

import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { ContactLine, Operations, Peer } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { confirmOpen } from '../open-address.ts'
import { homeOf } from '../home.ts'
import { readDurationMs } from '../read-duration.ts'
import { printable } from '../show/printable.ts'
import { tableText } from '../show/table.ts'
import { whenText } from '../show/when.ts'
import type { Surroundings } from '../surroundings.ts'

const actions = ['list', 'add', 'remove', 'invite', 'block', 'unblock', 'open', 'close'] as const

export const contacts = command({
  examples: ['doorpost contacts', 'doorpost contacts add bob', 'doorpost contacts invite --qr'],
  operands: [
    { name: 'ACTION', optional: true, about: 'what is done; list where nothing is said', choices: actions },
    { name: 'WHO', optional: true, about: 'an address; for add also an invitation link' },
  ],
  options: {
    'accept-changed-key': {
      type: 'text',
      value: 'FINGERPRINT',
      about: 'with add: their new key is this one; you compared it with them',
    },
    expires: {
      type: 'text',
      value: 'TIME',
      about: 'with invite: how long the link may be used: 12h, 7d',
      default: '7d',
    },
    yes: { type: 'flag', about: 'with open: they may see your network address; you were asked' },
    qr: { type: 'flag', about: 'with invite: show the link as a QR code, too' },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'Once both added each other, each sees the other’s presence and network addresses, and films go straight across.',
    'open lets somebody who is no contact, but gets the same films, see your network address, so that films can go straight across; it takes both. close takes it back.',
  ],
  async run({ operands: [action = 'list', who], options }, around) {
    const changesSomebody = action !== 'list' && action !== 'invite'
    if (changesSomebody && who === undefined) throw new UsageError(`doorpost contacts ${action} needs WHO: an address.`)
    if (!changesSomebody && who !== undefined) {
      throw new UsageError(`doorpost contacts ${action} does not know what to do with ${JSON.stringify(who)}.`)
    }
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    const signal = around.stop
    switch (action as (typeof actions)[number]) {
      case 'list':
        tellList(await peer.do('contacts.list', {}, { signal }), options.json, around)
        break
      case 'add':
        tellAdded(await add(peer, who ?? '', options['accept-changed-key'], signal), options.json, around)
        break
      case 'remove':
        tellChanged(
          await peer.do('contacts.remove', { address: who ?? '' }, { signal }),
          `${who} is no contact of yours any more.`,
          options.json,
          around,
        )
        break
      case 'block':
        tellChanged(
          await peer.do('contacts.block', { address: who ?? '' }, { signal }),
          `${who} is blocked: their mail stays hidden, and they are told nothing of it.`,
          options.json,
          around,
        )
        break
      case 'unblock':
        tellChanged(
          await peer.do('contacts.unblock', { address: who ?? '' }, { signal }),
          `${who} is not blocked any more.`,
          options.json,
          around,
        )
        break
      case 'open':
        await confirmOpen(who ?? '', options.yes, around)
        tellOpened(
          await peer.do('prefs.change', { edits: [{ add: 'openTo', who: who ?? '' }] }, { signal }),
          `${who} may see your network address. It counts once they say the same of you.`,
          options.json,
          around,
        )
        break
      case 'close':
        tellOpened(
          await peer.do('prefs.change', { edits: [{ remove: 'openTo', who: who ?? '' }] }, { signal }),
          `${who} does not get to see your network address from now on.`,
          options.json,
          around,
        )
        break
      case 'invite':
        await invite(peer, options, around)
        break
    }
    return undefined
  },
})

function add(peer: Peer, who: string, acceptChangedKey: string | undefined, signal: AbortSignal): Promise<ContactLine> {
  return peer.do('contacts.add', { who, ...(acceptChangedKey !== undefined && { acceptChangedKey }) }, { signal })
}

const stateWords: Record<ContactLine['state'], string> = {
  approved: 'waits for them to add you',
  mutual: 'contact',
  asks: 'asks to be a contact',
  blocked: 'blocked',
  changed: 'their key changed: compare it with them',
}

const preferredWords = { first: ', comes first', junk: ', junk' } as const

function tellList(lines: readonly ContactLine[], json: boolean, around: Surroundings): void {
  if (json) answerJson(lines, around)
  else if (lines.length === 0)
    around.err.write('No contacts yet. doorpost contacts invite makes a link to give to a friend.\n')
  else {
    const rows = lines.map(({ address, state, online, fingerprint, preferred }) => [
      address,
      stateWords[state] + (preferred === undefined ? '' : preferredWords[preferred]),
      online === undefined ? '' : online ? 'on-line' : 'away',
      fingerprint,
    ])
    const columns = [
      { head: 'Who', gives: true },
      { head: 'State' },
      { head: 'Now' },
      { head: 'Fingerprint', gives: true },
    ]
    around.out.write(tableText(columns, rows, around.out))
  }
}

function tellAdded(line: ContactLine, json: boolean, around: Surroundings): void {
  if (json) {
    answerJson(line, around)
    return
  }
  const who = printable(line.address)
  around.out.write(
    line.state === 'mutual'
      ? `${who} and you are contacts now.\n`
      : `${who} is approved. As soon as they add you as well, you see each other, and films go straight across.\n`,
  )
}

function tellChanged(lines: readonly ContactLine[], words: string, json: boolean, around: Surroundings): void {
  if (json) answerJson(lines, around)
  else around.out.write(`${printable(words)}\n`)
}

function tellOpened(
  { openTo }: Operations['prefs.change']['result'],
  words: string,
  json: boolean,
  around: Surroundings,
): void {
  if (json) answerJson({ openTo }, around)
  else around.out.write(`${printable(words)}\n`)
}

async function invite(
  peer: Peer,
  options: { expires?: string | undefined; qr: boolean; json: boolean },
  around: Surroundings,
): Promise<void> {
  const lifetimeMs =
    options.expires === undefined ? undefined : readDurationMs(options.expires, 'expires', LIFETIME_MAX_MS)
  const made = await peer.do(
    'contacts.invite',
    { ...(lifetimeMs !== undefined && { lifetimeMs }) },
    { signal: around.stop },
  )
  if (options.json) {
    answerJson(made, around)
    return
  }
  around.out.write(`${made.link}\n`)
  if (options.qr) around.err.write((await import('../show/qr.ts')).qrText(made.link))
  around.err.write(
    `Whoever opens this link first becomes your contact. It can be used once, until ${whenText(made.expires, around.now())}.\n`,
  )
}
