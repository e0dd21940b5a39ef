// The states of an inbox entry and what moves it from one to the next. Pure: no store, no line, no clock. Carrying the
// effects out, and writing state and effects down together, is inbox.ts's business.
//
//   state      | what may happen to it                                          | becomes
//   -----------+----------------------------------------------------------------+------------------------------------
//   (none)     | taken-in: from a contact, with media / without / from others   | announced / ready / request
//   request    | approved, with media / without                                 | announced / ready
//   announced  | asked                                                          | scheduled
//   scheduled  | asked (another folder), waits (another reason)                 | scheduled
//              | began                                                          | fetching
//              | paused (with the reason, where it failed)                      | announced
//   fetching   | waits, reopened                                                | scheduled
//              | paused                                                         | announced
//              | stored (all of it)                                             | ready
//   refused    | asked, unless it was a request and still is                    | scheduled
//              | approved                                                       | refused, no request any more
//   request, announced, scheduled, fetching, changed | refused                  | refused
//   announced, scheduled, fetching | source-changed                             | changed
//   request, announced, scheduled, fetching | ran-out                           | expired
//   request, announced, scheduled, fetching, changed | withdrawn              | gone
//   ready      | cleared                                                        | announced
//   ready, changed, refused, expired, gone  | anything else                     | stays
//
// Whatever is not in the table leaves the state as it is and has no effect.

import type { InboxState, TroubleCode } from '../operations.ts'

/** Where fetched media shall go, and how. */
export interface Want {
  /** Absolute. */
  readonly folder: string
  /** Pins one kind of path. */
  readonly path?: 'direct' | 'webrtc' | 'tunnel'
  /** These media alone; all where absent. */
  readonly roots?: readonly string[]
}

/** Fields exist only where they mean something. */
export type Standing =
  | { readonly state: 'request' | 'ready' | 'expired' | 'gone' }
  /** `why`: it was being fetched, and this came in between. */
  | { readonly state: 'announced'; readonly why?: string; readonly trouble?: TroubleCode }
  /** `request`: it was one when it was declined, and its sender was not approved since. */
  | { readonly state: 'refused'; readonly request?: true }
  | { readonly state: 'scheduled'; readonly want: Want; readonly waitsFor?: string }
  | { readonly state: 'fetching'; readonly want: Want }
  | { readonly state: 'changed'; readonly waitsFor: string }

export type InboxEvent =
  | { readonly kind: 'taken-in'; readonly contact: boolean; readonly media: boolean }
  | { readonly kind: 'approved'; readonly media: boolean }
  | { readonly kind: 'asked'; readonly want: Want }
  | { readonly kind: 'began' }
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'paused'; readonly why?: string; readonly trouble?: TroubleCode }
  /** The device starts again: nobody is fetching what was being fetched. */
  | { readonly kind: 'reopened' }
  | { readonly kind: 'stored' }
  /** Its user cleared a copy away. */
  | { readonly kind: 'cleared' }
  | { readonly kind: 'source-changed'; readonly reason: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'ran-out' }
  /** Its sender took it back. */
  | { readonly kind: 'withdrawn' }

/**
 * hook: the on-ready command is due. stop: end the fetch that runs. Each is given at the step that causes it and never
 * again. What the sender is told is no effect: it is owed by state and agreement together (owed.ts).
 */
export type InboxEffect = 'hook' | 'stop'

const nothing: readonly InboxEffect[] = []

/** `standing` undefined: the message is not in the inbox yet; only `taken-in` means something then. */
export function next(
  standing: Standing | undefined,
  event: InboxEvent,
): readonly [Standing | undefined, readonly InboxEffect[]] {
  if (standing === undefined) {
    if (event.kind !== 'taken-in') return [undefined, nothing]
    return event.contact ? arrived(event.media) : [{ state: 'request' }, nothing]
  }
  const { state } = standing
  switch (event.kind) {
    case 'taken-in':
      return [standing, nothing]
    case 'approved':
      if (state === 'refused' && standing.request) return [{ state }, nothing]
      return state === 'request' ? arrived(event.media) : [standing, nothing]
    case 'asked':
      return state === 'announced' || state === 'scheduled' || (state === 'refused' && !standing.request)
        ? [{ state: 'scheduled', want: event.want }, nothing]
        : [standing, nothing]
    case 'began':
      return state === 'scheduled' ? [{ state: 'fetching', want: standing.want }, nothing] : [standing, nothing]
    case 'waits':
      return state === 'scheduled' || state === 'fetching'
        ? [{ state: 'scheduled', want: standing.want, waitsFor: event.reason }, nothing]
        : [standing, nothing]
    case 'reopened':
      return state === 'fetching' ? [{ state: 'scheduled', want: standing.want }, nothing] : [standing, nothing]
    case 'paused':
      return state === 'scheduled' || state === 'fetching'
        ? [
            {
              state: 'announced',
              ...(event.why !== undefined && { why: event.why }),
              ...(event.trouble !== undefined && { trouble: event.trouble }),
            },
            nothing,
          ]
        : [standing, nothing]
    case 'stored':
      return state === 'fetching' ? [{ state: 'ready' }, ['hook']] : [standing, nothing]
    case 'cleared':
      return state === 'ready' ? [{ state: 'announced' }, nothing] : [standing, nothing]
    case 'source-changed':
      return state === 'announced' || state === 'scheduled' || state === 'fetching'
        ? [{ state: 'changed', waitsFor: event.reason }, ['stop']]
        : [standing, nothing]
    case 'refused':
      if (state === 'request') return [{ state: 'refused', request: true }, ['stop']]
      return isOpen(state) || state === 'changed' ? [{ state: 'refused' }, ['stop']] : [standing, nothing]
    case 'withdrawn':
      return isOpen(state) || state === 'changed' ? [{ state: 'gone' }, ['stop']] : [standing, nothing]
    case 'ran-out':
      return isOpen(state) ? [{ state: 'expired' }, ['stop']] : [standing, nothing]
  }
}

/** Whether something may still come of it by itself or by asking. */
export function isOpen(state: InboxState): boolean {
  return state === 'request' || state === 'announced' || state === 'scheduled' || state === 'fetching'
}

function arrived(media: boolean): readonly [Standing, readonly InboxEffect[]] {
  return media ? [{ state: 'announced' }, nothing] : [{ state: 'ready' }, ['hook']]
}
