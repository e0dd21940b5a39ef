// What somebody wrote for a message: a whole id, the beginning of one, or `latest`. Lists show beginnings; scripts hold
// whole ids, for which nothing is looked up.

import { type InboxEntry, type Peer, Trouble } from '@doorpost/peer/operations'

/** 128 bits in base64url. */
const ID_LENGTH = 22
/** Shortest beginning taken, letters: what lists show is longer. */
const BEGINNING_MIN = 6
/** As much of an id as lists show, letters: 48 bits. */
export const SHOWN_ID_LETTERS = 8

/** Shown in lists; `get` and the others take it back. */
export function shortId(id: string): string {
  return id.slice(0, SHOWN_ID_LETTERS)
}

/** The id of a message that came in. `wanted` says which ones `latest` means, `elseWanted` what it means where there is none of those. */
export async function receivedId(
  peer: Peer,
  written: string,
  wanted: (entry: InboxEntry) => boolean = () => true,
  elseWanted: (entry: InboxEntry) => boolean = wanted,
): Promise<string> {
  if (isWhole(written)) return written
  // What is not shown can be named all the same.
  if (written !== 'latest') return only(written, await peer.do('inbox', { show: 'all' }))
  const entries = await peer.do('inbox', {})
  const newestOf = (these: (entry: InboxEntry) => boolean) =>
    entries.filter(these).sort((a, b) => b.receivedAt.localeCompare(a.receivedAt))[0]
  const newest = newestOf(wanted) ?? newestOf(elseWanted)
  return newest?.id ?? none(entries.length === 0 ? 'Nothing has come yet.' : 'There is nothing left to fetch.')
}

/** The id of a message that was sent from here. */
export async function sentId(peer: Peer, written: string): Promise<string> {
  if (isWhole(written)) return written
  const sent = await peer.do('sent', {})
  if (written !== 'latest') return only(written, sent)
  const [newest] = sent.sort((a, b) => b.date.localeCompare(a.date))
  return newest?.id ?? none('Nothing was sent from here yet.')
}

function isWhole(written: string): boolean {
  // A handle URL carries its message's id; whoever gets it reads that.
  return written.length === ID_LENGTH || written.startsWith('doorpost:')
}

function only(beginning: string, messages: readonly { id: string }[]): string {
  const found = messages.filter(({ id }) => beginning.length >= BEGINNING_MIN && id.startsWith(beginning))
  if (found[0] === undefined) return none(`No message here has an id that begins with ${JSON.stringify(beginning)}.`)
  if (found.length > 1) {
    throw new Trouble('no-such-message', `More than one message begins with ${JSON.stringify(beginning)}.`, {
      todo: 'Write more of its id.',
    })
  }
  return found[0].id
}

function none(detail: string): never {
  throw new Trouble('no-such-message', detail, { todo: 'doorpost inbox and doorpost status show what there is.' })
}
