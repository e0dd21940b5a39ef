// The live room: broadcasts and watches of all users, the tickets that open frame connections, and the one sweep that lets time pass.
// What happens within one broadcast is broadcast.ts's; requests.ts is how it is asked for.

import { randomBytes } from 'node:crypto'
import type { DeviceAddress } from '@doorpost/protocol/address'
import type {
  Ask,
  Decision,
  LiveCapacity,
  LiveList,
  LivePush,
  Start,
  Started,
  Want,
  Watch as WatchView,
} from '@doorpost/protocol/live/control'
import { ASK_LIFE_MS } from '@doorpost/protocol/live/limits'
import { Refusal } from '@doorpost/protocol/errors'
import type { Login, Logins } from '../accounts/logins.ts'
import type { Clock } from '../listen/clock.ts'
import type { FrameRooms } from '../listen/frames-door.ts'
import type { SessionHandle } from '../listen/exchange.ts'
import { type Broadcast, openBroadcast } from './broadcast.ts'
import { openCapacity } from './capacity.ts'
import { watchView } from './views.ts'
import { isOver, LIVE_SWEEP_MS, newWatch, type Watch } from './watch.ts'

/** Waited by whoever has too many broadcasts or watches, ms: one that nobody holds any more is over by then. */
const TOO_MANY_RETRY_MS = 60_000

/** What the operator allows. */
export interface LivePolicy {
  /** Of frames over server connections, all together; 0 is peer to peer only. */
  readonly bytesPerSecond: number
  /** Frame connections of viewers. */
  readonly connections: number
  readonly broadcastViewers: number
  /** What one broadcaster may send, bytes a second. */
  readonly broadcastBytesPerSecond: number
  readonly userBroadcasts: number
  readonly userWatches: number
}

export interface LiveOptions {
  readonly clock: Clock
  readonly policy: () => LivePolicy
  readonly logins: Pick<Logins, 'onEnd'>
  readonly sessions: {
    sessionsOf(device: DeviceAddress): readonly Pick<SessionHandle, 'push'>[]
    onOnline(came: (device: DeviceAddress) => void): void
  }
  /** For metrics: frames sent to viewers or left out, and their bytes. */
  readonly count: (what: 'relayed' | 'skipped', frames: number, bytes: number) => void
}

/** How the asker stands to whom it asks. */
export interface Standing {
  readonly mutual: boolean
  readonly blocked: boolean
}

export interface Live extends FrameRooms {
  /** Throws Refusal `conflict`, `too-many` or `draining`. */
  start(login: Login, start: Start): Started
  /** Throws Refusal `not-found` for what is not the caller's, as all below do. */
  started(login: Login, id: string): Started
  stop(login: Login, id: string): void
  decide(login: Login, id: string, decision: Decision): void
  broadcasterPath(login: Login, id: string, watch: string, up: boolean): void
  list(login: Login): LiveList
  /** Throws Refusal `not-found` where a mutual contact shows nothing, or `too-many`. */
  ask(login: Login, ask: Ask, standing: Standing): WatchView
  watch(login: Login, id: string): WatchView
  want(login: Login, id: string, want: Want): void
  viewerPath(login: Login, id: string, up: boolean): void
  leave(login: Login, id: string): void
  capacity(): LiveCapacity
  counts(): { readonly broadcasts: number; readonly watches: number; readonly viewers: number }
  /** Ends everything: the server stops. */
  close(): void
}

interface Held {
  readonly watch: Watch
  /** Undefined: nothing that this viewer may know of. */
  readonly broadcast: Broadcast | undefined
  unwatch: () => void
}

export function openLive({ clock, policy, logins, sessions, count }: LiveOptions): Live {
  const broadcasts = new Map<string, { readonly broadcast: Broadcast; unwatch: () => void }>()
  const watches = new Map<string, Held>()
  const tickets = new Map<string, { readonly broadcast: Broadcast; readonly watch?: Watch }>()
  const capacity = openCapacity(() => ({ bytesPerSecond: policy().bytesPerSecond, connections: policy().connections }))
  const nowMs = () => clock.monotonicMs()
  let isClosed = false

  /** Runs only while something is shown or asked for: a server where nothing is wakes up for nothing. */
  let stopSweeping: (() => void) | undefined
  const keepSweeping = () => {
    stopSweeping ??= clock.every(LIVE_SWEEP_MS, sweep)
  }
  function sweep(): void {
    for (const { broadcast } of broadcasts.values()) {
      broadcast.sweep()
      if (broadcast.isEnded) dropBroadcast(broadcast)
      else broadcast.retry()
    }
    for (const { watch, broadcast } of watches.values()) {
      if (!broadcast && nowMs() - watch.sinceMs >= ASK_LIFE_MS) endGhost(watch, 'unanswered')
    }
    if (broadcasts.size > 0 || watches.size > 0) return
    stopSweeping?.()
    stopSweeping = undefined
  }
  sessions.onOnline((device) => {
    for (const { broadcast } of broadcasts.values()) if (broadcast.device === device) broadcast.tellAgain()
    for (const held of watches.values()) {
      if (held.watch.viewer === device) push(device, { kind: 'watch', ...viewOf(held) })
    }
  })

  function push(device: DeviceAddress, message: LivePush): boolean {
    const taken = sessions.sessionsOf(device).map((session) => session.push(message))
    return taken.every(Boolean)
  }

  function viewOf({ watch, broadcast }: Held): WatchView {
    return broadcast
      ? watchView(watch, broadcast, capacity.figures(nowMs()))
      : { watch: watch.id, standing: watch.standing }
  }

  function own(login: Login, id: string): Broadcast {
    const broadcast = broadcasts.get(id)?.broadcast
    if (broadcast?.device !== login.device) throw new Refusal('not-found')
    return broadcast
  }

  function ownWatch(login: Login, id: string): Held {
    const held = watches.get(id)
    if (held?.watch.viewer !== login.device) throw new Refusal('not-found')
    return held
  }

  function startedOf(broadcast: Broadcast): Started {
    const { id, ticket, sinks, viewersMax } = broadcast
    return { broadcast: id, ticket, sinks, viewersMax, capacity: capacity.figures(nowMs()) }
  }

  function dropBroadcast({ id, ticket }: Broadcast): void {
    broadcasts.get(id)?.unwatch()
    broadcasts.delete(id)
    tickets.delete(ticket)
  }

  function forget(watch: Watch): void {
    watches.get(watch.id)?.unwatch()
    watches.delete(watch.id)
    tickets.delete(watch.ticket)
  }

  function endGhost(watch: Watch, reason: 'unanswered' | 'left' | 'gone' | 'draining'): void {
    if (isOver(watch)) return
    watch.standing = { state: 'over', reason }
    forget(watch)
    push(watch.viewer, { kind: 'watch', watch: watch.id, standing: watch.standing })
  }

  function leaveHeld({ watch, broadcast }: Held, reason: 'left' | 'gone'): void {
    if (broadcast) broadcast.leave(watch, reason)
    else endGhost(watch, reason)
  }

  /** The newest of that user, or the one that is named, if this viewer may ask for it. */
  function found(login: Login, { user, broadcast: id }: Ask, { mutual, blocked }: Standing): Broadcast | undefined {
    const theirs = [...broadcasts.values()].map(({ broadcast }) => broadcast).filter((one) => one.user === user)
    const broadcast = id === undefined ? theirs.at(-1) : theirs.find((one) => one.id === id)
    return !blocked && broadcast?.hears(login.user, mutual) ? broadcast : undefined
  }

  function refuseIfClosed(): void {
    if (isClosed) throw new Refusal('draining')
  }

  return {
    start(login, start) {
      refuseIfClosed()
      const held = broadcasts.get(start.broadcast)
      if (held && held.broadcast.device !== login.device) {
        throw new Refusal('conflict', { detail: 'A broadcast with this id is another device’s.' })
      }
      const end = () => {
        const one = broadcasts.get(start.broadcast)?.broadcast
        one?.end('ended', 'logged-out')
        if (one) dropBroadcast(one)
      }
      if (held) {
        held.unwatch()
        held.unwatch = logins.onEnd(login, end)
        held.broadcast.again(start)
        return startedOf(held.broadcast)
      }
      const { userBroadcasts } = policy()
      if ([...broadcasts.values()].filter((one) => one.broadcast.user === login.user).length >= userBroadcasts) {
        const detail = `A user may have ${userBroadcasts} broadcasts at once.`
        throw new Refusal('too-many', { detail, retryAfterMs: TOO_MANY_RETRY_MS })
      }
      const ids = { id: start.broadcast, ticket: newTicket(), device: login.device, user: login.user }
      const limits = () => ({ viewers: policy().broadcastViewers, bytesPerSecond: policy().broadcastBytesPerSecond })
      const broadcast = openBroadcast(ids, start, { capacity, limits, nowMs, push, count, forget })
      broadcasts.set(ids.id, { broadcast, unwatch: logins.onEnd(login, end) })
      keepSweeping()
      tickets.set(ids.ticket, { broadcast })
      return startedOf(broadcast)
    },
    started: (login, id) => startedOf(own(login, id)),
    stop(login, id) {
      const broadcast = own(login, id)
      broadcast.end('ended')
      dropBroadcast(broadcast)
    },
    decide: (login, id, decision) => own(login, id).decide(decision),
    broadcasterPath(login, id, watchId, up) {
      const held = watches.get(watchId)
      const broadcast = own(login, id)
      if (held?.broadcast !== broadcast) throw new Refusal('not-found')
      broadcast.path(held.watch, 'broadcaster', up)
    },
    list: ({ user }) => ({
      capacity: capacity.figures(nowMs()),
      broadcasts: [...broadcasts.values()]
        .filter(({ broadcast }) => broadcast.user === user)
        .map(({ broadcast: { id, device, viewers } }) => ({ broadcast: id, device, viewers })),
    }),

    ask(login, ask, standing) {
      refuseIfClosed()
      const broadcast = found(login, ask, standing)
      if (!broadcast && standing.mutual && !standing.blocked) {
        throw new Refusal('not-found', { detail: 'Nothing is shown there now.', about: ask.user })
      }
      const before = broadcast?.watchOf(login.device)
      const held = before && watches.get(before.id)
      if (held) {
        held.unwatch()
        held.unwatch = logins.onEnd(login, () => leaveHeld(held, 'gone'))
        return viewOf(held)
      }
      const { userWatches } = policy()
      if ([...watches.values()].filter(({ watch }) => watch.user === login.user).length >= userWatches) {
        const detail = `A user may watch ${userWatches} broadcasts at once.`
        throw new Refusal('too-many', { detail, retryAfterMs: TOO_MANY_RETRY_MS })
      }
      const ids = { id: randomBytes(16).toString('base64url'), ticket: newTicket() }
      const who = { viewer: login.device, user: login.user, contact: standing.mutual }
      const watch = newWatch(ids, who, ask, nowMs())
      if (broadcast?.isKicked(login.user)) return { watch: ids.id, standing: { state: 'over', reason: 'kicked' } }
      const fresh: Held = { watch, broadcast, unwatch: logins.onEnd(login, () => leaveHeld(fresh, 'gone')) }
      watches.set(ids.id, fresh)
      keepSweeping()
      if (broadcast) {
        tickets.set(ids.ticket, { broadcast, watch })
        broadcast.ask(watch)
      }
      return viewOf(fresh)
    },
    watch: (login, id) => viewOf(ownWatch(login, id)),
    want(login, id, want) {
      const { watch, broadcast } = ownWatch(login, id)
      broadcast?.want(watch, want)
    },
    viewerPath(login, id, up) {
      const { watch, broadcast } = ownWatch(login, id)
      broadcast?.path(watch, 'viewer', up)
    },
    leave: (login, id) => leaveHeld(ownWatch(login, id), 'left'),

    knows(ticket) {
      const held = tickets.get(ticket)
      return held !== undefined && (held.watch === undefined || held.watch.isApproved)
    },
    open(ticket, connection) {
      const held = tickets.get(ticket)
      if (!held) return undefined
      return held.watch ? held.broadcast.openViewer(held.watch, connection) : held.broadcast.openSource(connection)
    },

    capacity: () => capacity.figures(nowMs()),
    counts: () => ({
      broadcasts: broadcasts.size,
      watches: watches.size,
      viewers: [...broadcasts.values()].reduce((sum, { broadcast }) => sum + broadcast.viewers, 0),
    }),
    close() {
      isClosed = true
      stopSweeping?.()
      for (const { broadcast } of [...broadcasts.values()]) {
        broadcast.end('draining', 'draining')
        dropBroadcast(broadcast)
      }
      for (const { watch } of [...watches.values()]) endGhost(watch, 'draining')
    },
  }
}

/** 32 random bytes: whoever has it is let in. */
function newTicket(): string {
  return randomBytes(32).toString('base64url')
}
