// One broadcast: who may watch, who is let in, and where its frames go. What it decides by is pure (machine.ts, window.ts, capacity.ts);
// connections, pushes and time come in from live.ts.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import type { Decision, LiveFormat, LivePush, Sinks, Start, Want, WatchState } from '@doorpost/protocol/live/control'
import {
  ASK_LIFE_MS,
  BROADCASTER_AWAY_MS,
  PENDING_MS,
  VIEWER_AWAY_MS,
  VIEWERS_TOLD_MAX,
} from '@doorpost/protocol/live/limits'
import { FRAMES_CLOSED, type FrameConnection, type FrameEnd } from '../listen/frames-door.ts'
import { openAdmission } from './admission.ts'
import type { Capacity } from './capacity.ts'
import { openPeople } from './people.ts'
import { openRelaying } from './relaying.ts'
import { openSteering } from './steering.ts'
import { askView, isSameStanding, viewersView, watchView } from './views.ts'
import { applyWant, isOver, picturesOf, standsStill, type Watch, type WatchedConnection, watchOver } from './watch.ts'

/** How often viewers are listed anew when one changes, ms; when only figures do, so much for each of them: 3 kB a second. */
const TELL_MS = 1_000
const TELL_EACH_MS = 100

export interface Surroundings {
  readonly capacity: Capacity
  readonly limits: () => { readonly viewers: number; readonly bytesPerSecond: number }
  nowMs(): number
  /** To every session of a device that takes pushes. False: one had no room for it, and should be told again. */
  push(device: DeviceAddress, push: LivePush): boolean
  /** For metrics. */
  count(what: 'relayed' | 'skipped', frames: number, bytes: number): void
  /** A watch is over: forget it. */
  forget(watch: Watch): void
}

export interface Broadcast {
  readonly id: string
  readonly ticket: string
  readonly device: DeviceAddress
  readonly user: UserAddress
  readonly sinks: Sinks
  readonly viewersMax: number
  readonly format: LiveFormat
  /** Viewers who were let in or wait for room. */
  readonly viewers: number
  readonly isEnded: boolean
  /** It comes back, or with another format. */
  again(start: Start): void
  /** Whether requests of this user are passed on. */
  hears(user: UserAddress, contact: boolean): boolean
  isKicked(user: UserAddress): boolean
  watchOf(viewer: DeviceAddress): Watch | undefined
  ask(watch: Watch): void
  decide(decision: Decision): void
  want(watch: Watch, want: Want): void
  path(watch: Watch, by: 'broadcaster' | 'viewer', up: boolean): void
  leave(watch: Watch, reason: OverReason): void
  openSource(connection: FrameConnection): FrameEnd
  openViewer(watch: Watch, connection: FrameConnection): FrameEnd
  /** Tells the broadcaster's device everything, since its session is new. */
  tellAgain(): void
  /** Tries to let in those who wait for room. */
  retry(): void
  /** Time passes. */
  sweep(): void
  /** Ends it for everybody. `told`: what the broadcaster hears, when it was not its own doing. */
  end(reason: OverReason, told?: 'gone' | 'logged-out' | 'draining'): void
}

type OverReason = Extract<WatchState, { state: 'over' }>['reason']

export function openBroadcast(
  ids: { readonly id: string; readonly ticket: string; readonly device: DeviceAddress; readonly user: UserAddress },
  first: Start,
  surroundings: Surroundings,
): Broadcast {
  const { capacity, limits, nowMs, push, count } = surroundings
  const { id, device } = ids
  let { format, asks, ackWindow, viewersMax } = first
  const watches = new Map<string, Watch>()
  const people = openPeople()
  const steering = openSteering((watch) => watches.get(watch)?.window.line.smoothedMs)
  const relaying = openRelaying({
    watches,
    format: () => format,
    isRelayed: () => steering.sinks.pictures === 'server' || steering.sinks.pictures === 'both',
    capacity,
    nowMs,
    count,
    wantKeyFrame: () => push(device, { kind: 'live-key-frame', broadcast: id }),
  })
  const admission = openAdmission({
    watches,
    format: () => format,
    viewersMax: () => broadcast.viewersMax,
    steering,
    capacity,
    nowMs,
    stand,
  })
  let source: WatchedConnection | undefined
  let sourceAwayMs = nowMs()
  let isTold = true
  /** The broadcaster's session had room for what it was told. */
  let isBroadcasterTold = true
  let toldMs = Number.NEGATIVE_INFINITY
  let countTold = 0
  let isFormatTold = true
  let formatToldMs = Number.NEGATIVE_INFINITY
  let ended = false
  function stand(watch: Watch, standing: WatchState): void {
    if (isSameStanding(standing, watch.standing)) return
    if (standing.state !== watch.standing.state || standing.state !== 'watching') watch.sinceMs = nowMs()
    watch.standing = standing
    relaying.changed()
    isTold = false
    tellViewer(watch)
  }

  function tellViewer(watch: Watch): void {
    watch.isTold = push(watch.viewer, { kind: 'watch', ...watchView(watch, broadcast, capacity.figures(nowMs())) })
  }

  /** Viewers stand where they do now, and the broadcaster is told where to send; after whatever happened. */
  function settle(): void {
    admission.settle()
    const sinks = steering.change([...watches.values()].some((one) => picturesOf(one) === 'stills'))
    if (sinks) tellBroadcaster({ kind: 'live-sinks', broadcast: id, sinks })
    relaying.askKeyFrame()
  }

  function tellBroadcaster(message: LivePush): void {
    if (!push(device, message)) isBroadcasterTold = false
  }

  function admit(watch: Watch): void {
    admission.admit(watch)
    settle()
  }

  /** It gets stills from here on where it had moving pictures, or moving ones where it had stills. */
  function admitAnew(watch: Watch): void {
    admission.takeOut(watch)
    watch.standing = { state: 'asked' }
    admit(watch)
  }

  function fromSource(line: WatchedConnection, bytes: Uint8Array): void {
    const header = relaying.relay(bytes)
    if (!header) return line.connection.close(FRAMES_CLOSED.nonsense, 'This is no frame.')
    const { type, epoch, sequence } = header
    if (type !== 'audio') line.reply(encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted: false }))
  }

  function lostSource(line: WatchedConnection): void {
    if (source !== line) return
    source = undefined
    sourceAwayMs = nowMs()
  }

  function lostViewer(watch: Watch, line: WatchedConnection): void {
    if (watch.line !== line) return
    watch.line = undefined
    waitForLine(watch)
  }

  function waitForLine(watch: Watch): void {
    // A picture that goes peer to peer needs no line to the server.
    if (isOver(watch) || admission.isDirect(watch)) return
    admission.takeOut(watch)
    stand(watch, { state: 'pending', reason: 'line' })
    settle()
  }

  function sweepWatch(watch: Watch, now: number): void {
    if (watch.line?.sweep(now, false)) lostViewer(watch, watch.line)
    // Its line stays: it goes on when it says something.
    else if (picturesOf(watch) !== undefined && standsStill(watch, now)) waitForLine(watch)
    if (!watch.isTold) tellViewer(watch)
    const { standing, sinceMs } = watch
    const sinceFor = now - sinceMs
    if (standing.state === 'asked' && sinceFor >= ASK_LIFE_MS) return broadcast.leave(watch, 'unanswered')
    if (standing.state !== 'pending') return
    if (standing.reason === 'line') {
      if (sinceFor >= PENDING_MS) takeOutWaiting(watch)
      if (sinceFor >= VIEWER_AWAY_MS) broadcast.leave(watch, 'gone')
    } else if (sinceFor >= PENDING_MS) {
      if (admission.giveStills(watch)) settle()
      else broadcast.leave(watch, 'no-room')
    }
  }

  /** Room is not kept for somebody who does not come. */
  function takeOutWaiting(watch: Watch): void {
    if (!watch.hasSlot) return
    admission.takeOut(watch)
    settle()
  }

  /** What is shown has changed: each word of the broadcaster's is one to every viewer, so that they are told once a second at most. */
  function tellFormat(): void {
    const now = nowMs()
    if (isFormatTold || now - formatToldMs < TELL_MS) return
    isFormatTold = true
    formatToldMs = now
    for (const watch of watches.values()) if (watch.isApproved) tellViewer(watch)
  }

  function tellViewers(now: number): void {
    const { sinks } = steering
    const isRelayed = sinks.stills || sinks.pictures === 'server' || sinks.pictures === 'both'
    const everyMs = isTold ? Math.max(TELL_MS, Math.min(watches.size, VIEWERS_TOLD_MAX) * TELL_EACH_MS) : TELL_MS
    if ((isTold && !isRelayed) || now - toldMs < everyMs) return
    toldMs = now
    isTold = true
    const told = viewersView(broadcast, watches.values(), capacity.figures(now), now)
    push(device, told)
    if (told.count === countTold) return
    countTold = told.count
    for (const watch of watches.values()) if (watch.isApproved) tellViewer(watch)
  }

  const broadcast: Broadcast = {
    ...ids,
    get sinks() {
      return steering.sinks
    },
    get viewersMax() {
      return Math.min(viewersMax ?? Number.POSITIVE_INFINITY, limits().viewers)
    },
    get format() {
      return format
    },
    get viewers() {
      return admission.slots
    },
    get isEnded() {
      return ended
    },

    again(start) {
      const gotStills = new Map([...watches.values()].map((watch) => [watch, admission.wantsStills(watch)]))
      const announced = announcedBy(format)
      const before = JSON.stringify(format)
      ;({ format, asks, ackWindow, viewersMax } = start)
      const isMore = announcedBy(format) > announced
      if (JSON.stringify(format) !== before) isFormatTold = false
      for (const [watch, gotThem] of gotStills) {
        setWindow(watch)
        if (!watch.isApproved) continue
        // Another codec: some decode it who did not decode the one before.
        if (gotThem !== admission.wantsStills(watch) || (isMore && !admission.reserveAnew(watch))) admitAnew(watch)
      }
      tellFormat()
    },

    hears: (user, contact) => asks === 'anybody' || contact || people.isApproved(user),
    isKicked: (user) => people.isKicked(user),
    watchOf: (viewer) => [...watches.values()].find((watch) => watch.viewer === viewer),

    ask(watch) {
      watches.set(watch.id, watch)
      setWindow(watch)
      if (people.isApproved(watch.user)) approve(watch)
      else tellBroadcaster(askView(id, watch))
    },

    decide({ user, decision }) {
      const theirs = [...watches.values()].filter((watch) => watch.user === user)
      switch (decision) {
        case 'approve':
          people.approve(user)
          for (const watch of theirs) approve(watch)
          break
        case 'decline':
          people.withdraw(user)
          for (const watch of theirs) if (!watch.isApproved) broadcast.leave(watch, 'declined')
          break
        case 'kick':
          people.kick(user)
          for (const watch of theirs) broadcast.leave(watch, 'kicked')
          break
        case 'lift':
          people.lift(user)
          break
      }
    },

    want(watch, want) {
      const before = admission.wantsStills(watch)
      applyWant(watch, want)
      setWindow(watch)
      if (want.keyFrame) relaying.lost(watch)
      if (before !== admission.wantsStills(watch) && watch.isApproved) admitAnew(watch)
    },

    path(watch, by, up) {
      const isUp = () => watch.up.broadcaster && watch.up.viewer
      const before = isUp()
      watch.up[by] = up
      if (before === isUp()) return
      admission.path(watch, up)
      settle()
    },

    leave(watch, reason) {
      if (isOver(watch)) return
      admission.takeOut(watch)
      watches.delete(watch.id)
      const { line } = watch
      watch.line = undefined
      stand(watch, { state: 'over', reason })
      if (reason === 'kicked') line?.connection.reset()
      else
        line?.connection.close(reason === 'draining' ? FRAMES_CLOSED.serverStops : FRAMES_CLOSED.over, 'This is over.')
      surroundings.forget(watch)
      settle()
    },

    openSource(connection) {
      source?.connection.close(FRAMES_CLOSED.replaced, 'Another connection took its place.')
      const line = watchOver(connection, nowMs())
      source = line
      return {
        message(bytes) {
          if (source === line && line.take()) fromSource(line, bytes)
        },
        closed: () => lostSource(line),
      }
    },

    openViewer(watch, connection) {
      watch.line?.connection.close(FRAMES_CLOSED.replaced, 'Another connection took its place.')
      const line = watchOver(connection, nowMs())
      watch.line = line
      watch.unsentSinceMs = undefined
      watch.window.restart(admission.isDirect(watch))
      admit(watch)
      return {
        message(bytes) {
          if (watch.line !== line || !line.take()) return
          const { standing } = watch
          if (!relaying.heard(watch, bytes)) connection.close(FRAMES_CLOSED.nonsense, 'This is no acknowledgement.')
          else if (standing.state === 'pending' && standing.reason === 'line') admit(watch)
        },
        closed: () => lostViewer(watch, line),
      }
    },

    tellAgain() {
      isBroadcasterTold = true
      tellBroadcaster({ kind: 'live-sinks', broadcast: id, sinks: steering.sinks })
      for (const watch of watches.values()) if (watch.standing.state === 'asked') tellBroadcaster(askView(id, watch))
      isTold = false
    },

    retry() {
      for (const watch of watches.values()) {
        if (watch.isDegraded || (watch.standing.state === 'pending' && watch.standing.reason !== 'line')) admit(watch)
      }
    },

    sweep() {
      const now = nowMs()
      if (steering.sweep(now)) settle()
      if (source?.sweep(now, relaying.isFlooded(limits().bytesPerSecond))) lostSource(source)
      for (const watch of [...watches.values()]) sweepWatch(watch, now)
      relaying.askKeyFrame()
      tellFormat()
      if (!isBroadcasterTold) broadcast.tellAgain()
      tellViewers(now)
      if (!source && now - sourceAwayMs >= BROADCASTER_AWAY_MS) broadcast.end('ended', 'gone')
    },

    end(reason, told) {
      if (ended) return
      ended = true
      for (const watch of [...watches.values()]) broadcast.leave(watch, reason)
      const line = source
      source = undefined
      line?.connection.close(reason === 'draining' ? FRAMES_CLOSED.serverStops : FRAMES_CLOSED.over, 'This is over.')
      if (told) push(device, { kind: 'live-over', broadcast: id, reason: told })
    },
  }
  return broadcast

  function approve(watch: Watch): void {
    if (watch.isApproved) return
    watch.isApproved = true
    admit(watch)
  }

  function setWindow(watch: Watch): void {
    const settings = [ackWindow, watch.want.ackWindow].filter((one) => one !== undefined)
    const perSecond =
      admission.wantsStills(watch) || !format.picture
        ? 1000 / (format.still?.everyMs ?? 1000)
        : format.picture.framesPerSecond
    watch.window.set(settings.length > 0 ? Math.min(...settings) : undefined, perSecond)
  }
}

function announcedBy({ bytesPerSecond: { pictures, stills, audio } }: LiveFormat): number {
  return pictures + stills + audio
}
