// The tunnel of one device as a state machine: requests that wait for it, requests it holds or answers, and its own PIPEs
// that wait for a request. Pure. Bodies, sockets and time live in tunnel.ts.
//
//   a request:   ask -> waiting -> (collect) -> collected -> (answer) -> answering -> (leave) -> gone
//                          \-> offered over a session, still waiting -> (answer) -^
//                          \-> (leave: caller gone, logged out, time over) -> gone, from everywhere
//   a collector: collect -> standing -> (a request comes) -> handed, gone
//                                   \-> (stop) -> gone

/** Requests of all requesters that one device may have open: what it can answer within the hold time, with room. */
export const REQUESTS_PER_DEVICE_MAX = 64
/** Of these, requests of one requester: so that one cannot keep the others out. */
export const REQUESTS_PER_REQUESTER_MAX = 16
/** PIPEs one device may hold open to collect with: connections that died unnoticed, and a few in parallel. */
export const COLLECTORS_PER_DEVICE_MAX = 8

export interface OpenRequest {
  readonly id: string
  readonly requester: string
  /** The device's user has blocked the requester: it is held like any other, and never handed over. */
  readonly muted: boolean
  readonly at: 'waiting' | 'collected' | 'answering'
  /** It was pushed over a session; nobody knows whether it arrived, so it waits on, and may be answered. */
  readonly offered: boolean
}

export interface TunnelState {
  /** In order of coming. */
  readonly requests: readonly OpenRequest[]
  /** In order of coming. */
  readonly collectors: readonly string[]
}

export type TunnelEvent =
  | { readonly kind: 'ask'; readonly id: string; readonly requester: string; readonly muted: boolean }
  | { readonly kind: 'collect'; readonly collector: string }
  /** A session of the device is open. `again`: what was pushed over another may not have arrived. */
  | { readonly kind: 'offer'; readonly again: boolean }
  /** A session took it. */
  | { readonly kind: 'offered'; readonly id: string }
  | { readonly kind: 'answer'; readonly id: string }
  | { readonly kind: 'leave'; readonly id: string }
  | { readonly kind: 'stop'; readonly collector: string }

export type TunnelEffect =
  /** Hand this request to this collector; both are done with standing. */
  | { readonly kind: 'hand'; readonly id: string; readonly collector: string }
  /** Push this request over the device's sessions, if it has any. */
  | { readonly kind: 'push'; readonly id: string }
  /** The device's answer begins: relay it to the requester. */
  | { readonly kind: 'relay'; readonly id: string }
  /** The device has as many requests open as it may, in all or from this requester. */
  | { readonly kind: 'full'; readonly id: string }
  /** The device answered what is not open, or is not in its hands. */
  | { readonly kind: 'unknown'; readonly id: string }
  /** A collector has to make room for a newer one: nothing came. */
  | { readonly kind: 'relieve'; readonly collector: string }

export const EMPTY_TUNNEL: TunnelState = { requests: [], collectors: [] }

export function next(state: TunnelState, event: TunnelEvent): readonly [TunnelState, readonly TunnelEffect[]] {
  switch (event.kind) {
    case 'ask': {
      const { id, requester, muted } = event
      const fromRequester = state.requests.filter((request) => request.requester === requester).length
      if (state.requests.length >= REQUESTS_PER_DEVICE_MAX || fromRequester >= REQUESTS_PER_REQUESTER_MAX) {
        return [state, [{ kind: 'full', id }]]
      }
      const request: OpenRequest = { id, requester, muted, at: 'waiting', offered: false }
      const [after, effects] = handed({ ...state, requests: [...state.requests, request] })
      return [after, effects.length > 0 || muted ? effects : [{ kind: 'push', id }]]
    }
    case 'collect': {
      const crowded = state.collectors.length >= COLLECTORS_PER_DEVICE_MAX
      const [oldest = '', ...rest] = state.collectors
      const collectors = [...(crowded ? rest : state.collectors), event.collector]
      const [after, effects] = handed({ ...state, collectors })
      return [after, crowded ? [{ kind: 'relieve', collector: oldest }, ...effects] : effects]
    }
    case 'offer': {
      const due = state.requests.filter(
        ({ at, muted, offered }) => at === 'waiting' && !muted && (event.again || !offered),
      )
      return [state, due.map(({ id }) => ({ kind: 'push', id }))]
    }
    case 'offered':
      return [changed(state, event.id, (request) => ({ ...request, offered: true })), []]
    case 'answer': {
      const request = state.requests.find(({ id }) => id === event.id)
      const isInHand = request?.at === 'collected' || (request?.at === 'waiting' && request.offered)
      if (!isInHand) return [state, [{ kind: 'unknown', id: event.id }]]
      return [changed(state, event.id, (open) => ({ ...open, at: 'answering' })), [{ kind: 'relay', id: event.id }]]
    }
    case 'leave':
      return [{ ...state, requests: state.requests.filter((request) => request.id !== event.id) }, []]
    case 'stop':
      return [{ ...state, collectors: state.collectors.filter((collector) => collector !== event.collector) }, []]
  }
}

/** Pairs what waits with who stands: at most one pair can exist, since every event adds one side alone. */
function handed(state: TunnelState): readonly [TunnelState, readonly TunnelEffect[]] {
  const request = state.requests.find(({ at, muted }) => at === 'waiting' && !muted)
  const [collector, ...collectors] = state.collectors
  if (!request || collector === undefined) return [state, []]
  const { requests } = changed(state, request.id, (open) => ({ ...open, at: 'collected' }))
  return [{ requests, collectors }, [{ kind: 'hand', id: request.id, collector }]]
}

function changed(state: TunnelState, id: string, change: (request: OpenRequest) => OpenRequest): TunnelState {
  return { ...state, requests: state.requests.map((request) => (request.id === id ? change(request) : request)) }
}
