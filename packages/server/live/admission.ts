// Who of the approved is let in, by the room there is: a slot, then bytes a second, then an open frame connection. Steps the state machine
// for it; telling the broadcaster what came of that is broadcast.ts's.

import type { LiveFormat, WatchState } from '@doorpost/protocol/live/control'
import { codecNamed } from '@doorpost/protocol/live/picture-codec'
import type { Capacity } from './capacity.ts'
import { sinksOf } from './machine.ts'
import type { Steering } from './steering.ts'
import { decodesCodec, isOver, picturesOf, type Watch } from './watch.ts'

/** Within this a key frame comes to a viewer that needs one, ms: a film's come every second, a camera's when asked for. */
const WHOLE_MS = 2_000

export type PendingReason = Extract<WatchState, { state: 'pending' }>['reason']

export interface Admission {
  /** Viewers who were let in, or wait for room with a slot. */
  readonly slots: number
  /** Lets it in if it is approved, as far as there is room, or says what it waits for. */
  admit(watch: Watch): void
  /** For one that waited too long: stills, if there is room for those. */
  giveStills(watch: Watch): boolean
  /** Takes one out of wherever frames go; its approval stays. */
  takeOut(watch: Watch): void
  /** The peer-to-peer connection of both ends opened, or was lost. */
  path(watch: Watch, isUp: boolean): void
  /** Viewers stand where the state machine has them; to be called when all steps are done. */
  settle(): void
  /** Its pictures go to its peer-to-peer connection alone: it needs no other. */
  isDirect(watch: Watch): boolean
  /** More is announced than when it was let in: whether there is room for that, too. */
  reserveAnew(watch: Watch): boolean
  /** It wants nothing but stills of one who shows more, or decodes nothing else of it. */
  wantsStills(watch: Watch): boolean
}

export interface AdmissionOptions {
  readonly watches: ReadonlyMap<string, Watch>
  readonly format: () => LiveFormat
  readonly viewersMax: () => number
  readonly steering: Steering
  readonly capacity: Capacity
  readonly nowMs: () => number
  readonly stand: (watch: Watch, standing: WatchState) => void
}

export function openAdmission(options: AdmissionOptions): Admission {
  const { watches, format, viewersMax, steering, capacity, nowMs, stand } = options
  let slots = 0
  /** Whose pictures go straight across. */
  let straight: { readonly watch: Watch; readonly sinceMs: number } | undefined

  const isUp = ({ up }: Watch) => up.broadcaster && up.viewer

  function rateOf(watch: Watch, stills: boolean): number {
    const { picture, bytesPerSecond } = format()
    return (
      (stills || !picture ? bytesPerSecond.stills : bytesPerSecond.pictures) +
      (watch.want.audio ? bytesPerSecond.audio : 0)
    )
  }

  function wait(watch: Watch, reason: PendingReason): void {
    stand(watch, { state: 'pending', reason })
  }

  function noRoom(): PendingReason {
    return capacity.figures(nowMs()).bytesPerSecondMax === 0 ? 'peer-to-peer-only' : 'capacity'
  }

  function directOne(): Watch | undefined {
    const { state } = steering
    return state.at === 'direct' ? watches.get(state.watch) : undefined
  }

  /** For this one, and for the one that is on its peer-to-peer connection and would have to come back. */
  function reserveFor(watch: Watch): boolean {
    const direct = directOne()
    if (!capacity.reserve(watch, rateOf(watch, false))) return false
    if (!direct || direct === watch || capacity.reserve(direct, rateOf(direct, false))) return true
    if (watch.isDegraded) capacity.reserve(watch, rateOf(watch, true))
    else capacity.release(watch)
    return false
  }

  /** Nobody who is let in already is still to come and will need it on the server. */
  function releaseDirect(): void {
    const direct = directOne()
    if (!direct) return
    const isAwaited = ({ hasSlot, standing }: Watch) =>
      hasSlot && standing.state === 'pending' && standing.reason === 'line'
    if (![...watches.values()].some(isAwaited)) capacity.release(direct)
  }

  /** Its pictures went straight across for so long that a key frame was among them: it lacks nothing that the server left out before. */
  function comesBack(watch: Watch | undefined): void {
    if (watch && straight?.watch === watch && nowMs() - straight.sinceMs >= WHOLE_MS) watch.window.begin()
  }

  function showStills(watch: Watch, isDegraded: boolean): void {
    watch.isDegraded = isDegraded
    watch.window.restart()
    stand(watch, { state: 'watching', pictures: 'stills', path: 'server' })
  }

  const admission: Admission = {
    get slots() {
      return slots
    },

    admit(watch) {
      if (!watch.isApproved || isOver(watch) || picturesOf(watch) === 'moving') return
      if (!watch.hasSlot) {
        if (slots >= viewersMax()) return wait(watch, 'viewers')
        if (!capacity.connect()) return wait(watch, 'connections')
        watch.hasSlot = true
        slots++
      }
      if (admission.wantsStills(watch)) {
        if (!capacity.reserve(watch, rateOf(watch, true))) return wait(watch, noRoom())
        return watch.line ? showStills(watch, false) : wait(watch, 'line')
      }
      const relay = reserveFor(watch)
      const alone = isUp(watch) && steering.state.at === 'idle'
      if (!relay && !alone) return watch.isDegraded ? undefined : wait(watch, noRoom())
      if (!watch.line) return wait(watch, 'line')
      watch.isDegraded = false
      watch.window.restart()
      const now = nowMs()
      const direct = directOne()
      steering.step({ kind: 'ask', watch: watch.id }, now)
      if (isUp(watch)) steering.step({ kind: 'up', watch: watch.id }, now)
      steering.step({ kind: 'admit', watch: watch.id, relay }, now)
      if (direct !== directOne()) comesBack(direct)
      admission.settle()
    },

    giveStills(watch) {
      const { still, picture } = format()
      if (!watch.hasSlot || !watch.line || !still || !picture) return false
      if (!capacity.reserve(watch, rateOf(watch, true))) return false
      showStills(watch, true)
      return true
    },

    takeOut(watch) {
      steering.step({ kind: 'leave', watch: watch.id }, nowMs())
      capacity.release(watch)
      watch.isDegraded = false
      if (!watch.hasSlot) return
      watch.hasSlot = false
      slots--
      capacity.disconnect()
    },

    path(watch, up) {
      if (up) {
        steering.step({ kind: 'up', watch: watch.id }, nowMs())
        if (watch.standing.state === 'pending') admission.admit(watch)
        return
      }
      if (directOne() === watch) comesBack(watch)
      const relay = directOne() !== watch || capacity.reserve(watch, rateOf(watch, false))
      steering.step({ kind: 'down', watch: watch.id, relay }, nowMs())
    },

    settle() {
      for (const { watch: id, admitted } of steering.state.viewers) {
        const watch = watches.get(id)
        if (!admitted || !watch || watch.line || admission.isDirect(watch)) continue
        admission.takeOut(watch)
        wait(watch, 'line')
      }
      const path = sinksOf(steering.state).pictures === 'peer' ? 'peer' : 'server'
      for (const { watch: id, admitted } of steering.state.viewers) {
        const watch = watches.get(id)
        if (!watch) continue
        if (admitted) stand(watch, { state: 'watching', pictures: 'moving', path })
        else if (picturesOf(watch) === 'moving') wait(watch, noRoom())
      }
      releaseDirect()
      const direct = directOne()
      if (direct !== straight?.watch) straight = direct && { watch: direct, sinceMs: nowMs() }
    },

    isDirect: (watch) => directOne() === watch,
    reserveAnew(watch) {
      const pictures = picturesOf(watch)
      if (pictures === undefined || admission.isDirect(watch)) return true
      return capacity.reserve(watch, rateOf(watch, pictures === 'stills'))
    },
    wantsStills(watch) {
      const { picture } = format()
      if (!picture) return false
      return watch.want.pictures === 'stills' || !decodesCodec(watch, codecNamed(picture.codec))
    },
  }
  return admission
}
