// What became of a link, in words; the same on every screen. Pure.

import type { LinkStatus } from '../operations.ts'

/** `at` and `ends`: as they are shown. */
export function linkSentence(
  { state }: Pick<LinkStatus, 'state'>,
  { at, ends }: { readonly at: string; readonly ends: string },
): string {
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
