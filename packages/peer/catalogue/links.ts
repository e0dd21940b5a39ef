// What became of a link, in words; the same on every screen. Pure.

import type { LinkStatus } from '../operations.ts'

/** `at` and `ends`: as they are shown. */
export function linkSentence(
  { state, open, handed }: Pick<LinkStatus, 'state' | 'open' | 'handed'>,
  when: { readonly at: string; readonly ends: string },
): string {
  const became = becameOf(state, when)
  return open && handed ? `${became}; ${givenBy(handed)}` : became
}

function givenBy({ device, state, detail }: NonNullable<LinkStatus['handed']>): string {
  switch (state) {
    case 'asked':
      return `${device} is asked to give it out, and this device has to stay until it does`
    case 'gives':
      return `${device} gives it out, and this device may go`
    case 'refused':
      return `${device} does not give it out: ${detail ?? 'it did not say why'}`
  }
}

function becameOf(state: LinkStatus['state'], { at, ends }: { readonly at: string; readonly ends: string }): string {
  switch (state) {
    case 'waiting':
      return `not fetched yet, open until ${ends}`
    case 'fetching':
      return `being fetched since ${at}, by the one browser that has it now`
    case 'fetched':
      return `fetched, ${at}`
    case 'expired':
      return `over since ${ends}`
    case 'revoked':
      return `taken back, ${at}`
  }
}
