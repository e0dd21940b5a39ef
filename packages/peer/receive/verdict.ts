// What the faults of all sources of one round come to: that it can never be had, or whom it waits for and how long. Pure. A source
// that sent what was not signed is out for good; as long as anybody else is known who may have it, the fetch waits for them.

import type { DeviceAddress } from '@doorpost/protocol/address'
import type { SourceFault } from './fetch-source.ts'
import { awayReason } from './waiting-for.ts'

export type Verdict =
  /** The sender's file is not what was sent, and nobody else has it. */
  | { readonly kind: 'changed'; readonly reason: string }
  /** Nobody gives what was signed. */
  | { readonly kind: 'bad-pieces'; readonly reason: string }
  /** `declined`: every one of them declined; only their owners can change that. */
  | { readonly kind: 'again'; readonly reason: string; readonly declined: boolean }

/** Whether a source is out for good: what it has is not what was signed. */
export function isOut({ fault }: SourceFault): boolean {
  return fault.state === 'source-changed' || fault.state === 'bad-piece' || fault.state === 'bad-list'
}

/**
 * `name`: the file's, as it may stand in a sentence. `faults`: of this round, and of earlier ones of those who are out.
 * `senders`: the sender's devices. `left`: every device that is known to have it, on-line or not, but those who are out.
 */
export function judge(
  name: string,
  faults: readonly SourceFault[],
  { senders, left }: { readonly senders: readonly DeviceAddress[]; readonly left: readonly DeviceAddress[] },
): Verdict {
  if (left.length === 0 && faults.some(isOut)) return outForGood(name, faults, senders)
  const open = faults.filter((one) => !isOut(one))
  const again = (reason: string, declined = false): Verdict => ({ kind: 'again', reason, declined })
  const of = (state: SourceFault['fault']['state']) => open.find(({ fault }) => fault.state === state)
  const away = of('source-away')
  if (away) {
    return again(`${name} cannot be read on ${away.source} now: its drive may be unplugged. It goes on by itself.`)
  }
  const unreached = open.find(({ fault }) => fault.state !== 'refused' && fault.state !== 'has-nothing')
  if (unreached) return again(`${unreached.source} cannot be reached now. It goes on by itself.`)
  const met = new Set(faults.map(({ source }) => source))
  const absent = left.filter((one) => !met.has(one))
  if (absent.length > 0) return again(awayReason(absent))
  if (of('has-nothing'))
    return again(`Whoever is on-line has no more of ${name}. It goes on by itself when somebody has.`)
  const declined = of('refused')
  if (declined)
    return again(`${declined.source} does not give ${name} out: it was withdrawn, or its time is over.`, true)
  return again('Nobody has it now. It goes on by itself when somebody comes.')
}

/** Why a source is asked no more, while others may go on. */
export function droppedReason(name: string, { source, fault }: SourceFault): string {
  if (fault.state === 'source-changed')
    return `${name} is not what was sent any more on ${source}. Nothing of it is taken.`
  return `${source} sent bytes of ${name} that were not signed. They were not taken, and it is asked no more.`
}

function outForGood(name: string, faults: readonly SourceFault[], senders: readonly string[]): Verdict {
  for (const { source, fault } of faults) {
    if (fault.state === 'source-changed' && senders.includes(source)) {
      const reason = `${name} is not what ${source} sent any more: piece ${fault.piece} differs. Nothing of it was taken.`
      return { kind: 'changed', reason }
    }
  }
  for (const { source, fault } of faults) {
    if (fault.state === 'bad-list') {
      return { kind: 'bad-pieces', reason: `The piece list of ${name} from ${source} is not what was signed.` }
    }
    if (fault.state === 'bad-piece' || fault.state === 'source-changed') {
      const reason = `Piece ${fault.piece} of ${name} from ${source} is not what was signed. It was not taken.`
      return { kind: 'bad-pieces', reason }
    }
  }
  return { kind: 'bad-pieces', reason: `Nobody gives ${name} as it was signed.` }
}
