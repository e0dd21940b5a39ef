// What is told of a broadcast: to a viewer about its watch, to the broadcaster about all of them. Pure.

import type {
  LiveCapacity,
  LivePush,
  LiveViewersPush,
  WatchState,
  Watch as WatchView,
} from '@doorpost/protocol/live/control'
import { VIEWERS_TOLD_MAX } from '@doorpost/protocol/live/limits'
import type { PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { Broadcast } from './broadcast.ts'
import { decodesCodec, type Watch } from './watch.ts'

/** A watch as its viewer sees it: what is shown and by whom once it is approved. */
export function watchView(
  { id, ticket, standing, isApproved }: Watch,
  broadcast: Pick<Broadcast, 'id' | 'device' | 'format' | 'viewers'>,
  capacity: LiveCapacity,
): WatchView {
  const { id: broadcastId, device, format, viewers } = broadcast
  const isShown = isApproved && standing.state !== 'over'
  return {
    watch: id,
    standing,
    ...(isShown && { approved: { broadcaster: device, broadcast: broadcastId, format, ticket, viewers, capacity } }),
  }
}

/** Those who were approved, as the broadcaster sees them. */
export function viewersView(
  broadcast: Pick<Broadcast, 'id' | 'viewers'>,
  watches: Iterable<Watch>,
  capacity: LiveCapacity,
  nowMs: number,
): LiveViewersPush {
  const approved = [...watches].filter(({ isApproved }) => isApproved)
  const listed = approved.slice(0, VIEWERS_TOLD_MAX)
  const moving = approved.filter(({ want }) => want.pictures === 'moving')
  const decoding = (codec: PictureCodec) => moving.filter((watch) => decodesCodec(watch, codec)).length
  return {
    kind: 'live-viewers',
    broadcast: broadcast.id,
    count: broadcast.viewers,
    viewers: listed.map(({ id: watch, viewer, standing, window: { line, skipped } }) => ({
      watch,
      viewer,
      standing,
      bytesPerSecond: Math.round(line.bytesPerSecond(nowMs)),
      lineBytesPerSecond: line.rate(nowMs),
      skipped,
    })),
    decoders: { moving: moving.length, h264: decoding('h264'), vp8: decoding('vp8'), av1: decoding('av1') },
    capacity,
  }
}

/** Somebody asks. */
export function askView(
  broadcast: string,
  { id: watch, viewer, contact }: Watch,
): Extract<LivePush, { kind: 'live-ask' }> {
  return { kind: 'live-ask', broadcast, watch, viewer, contact }
}

/** Whether a viewer would see no difference. */
export function isSameStanding(a: WatchState, b: WatchState): boolean {
  const detail = (one: WatchState) =>
    one.state === 'watching' ? `${one.pictures} ${one.path}` : one.state === 'asked' ? '' : one.reason
  return a.state === b.state && detail(a) === detail(b)
}
