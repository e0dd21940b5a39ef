// Live pictures between a page and the device in its worker: one port for each thing shown or watched, frames by transfer. What the page says
// is taken as the page's own; what comes from other people is what peer/live has decrypted, verified and put in order.

import { asTrouble } from '../as-trouble.ts'
import type { Live } from '../live/live.ts'
import type { ShownFrame } from '../live/opening.ts'
import type { FrameSource } from '../live/source.ts'
import type { Watching } from '../live/watching.ts'
import { Trouble } from '../operations.ts'
import type { FromShowing, FromWatching, LiveTask, ToLive } from './live-contract.ts'

/**
 * Frames given to a page that it has not taken yet: a second of them and sound. A page that stands still longer gets no more pictures, and
 * goes on with a key frame.
 */
const UNTAKEN_MAX = 90

type LiveDevice = Pick<Live, 'show' | 'watch'>

/** Serves one port until the task is over; its last message says how it ended. `device`: throws Trouble where there is none. */
export async function serveLive(port: MessagePort, task: LiveTask, device: () => LiveDevice): Promise<void> {
  const tell: Tell = (message, transfer = []) => port.postMessage(message, transfer)
  try {
    const reason = await (task.do === 'show' ? show(port, task, device(), tell) : watch(port, task, device(), tell))
    tell({ kind: 'over', reason })
  } catch (error) {
    const { code, message, todo } = asTrouble(error, AbortSignal.any([]))
    tell({ kind: 'trouble', trouble: { code, detail: message, ...(todo !== undefined && { todo }) } })
  }
  port.close()
}

type Tell = (message: FromShowing | FromWatching, transfer?: Transferable[]) => void

async function show(
  port: MessagePort,
  { format, pictures, to, asks, ackWindow }: Extract<LiveTask, { do: 'show' }>,
  device: LiveDevice,
  tell: Tell,
): Promise<string> {
  const stop = new AbortController()
  let receiver: Parameters<FrameSource['start']>[0] | undefined
  const source: FrameSource = {
    start(given) {
      receiver = given
    },
    wantKeyFrame: () => tell({ kind: 'key-frame' }),
    aimFor: (bitsPerSecond) => tell({ kind: 'aim', bitsPerSecond }),
    want: (what) => tell({ kind: 'want', ...what }),
    ...(pictures && { pictures, use: (picture) => tell({ kind: 'use', picture }) }),
    async [Symbol.asyncDispose]() {
      receiver = undefined
    },
  }
  port.onmessage = ({ data }: MessageEvent<ToLive>) => {
    if (data.kind === 'frame') receiver?.onFrame(data.frame)
    else if (data.kind === 'leave') stop.abort(new Trouble('cancelled', 'Stopped.'))
  }
  const { reason } = await device.show(
    { source, format },
    { to: [...to], ...(asks && { asks }), ...(ackWindow !== undefined && { ackWindow }) },
    {
      signal: stop.signal,
      onProgress(progress) {
        if (progress.kind === 'live' && progress.change.what === 'showing') {
          tell({ kind: 'showing', showing: progress.change.showing })
        }
      },
    },
  )
  return reason
}

async function watch(
  port: MessagePort,
  { user, pictures, decodes, ackWindow }: Extract<LiveTask, { do: 'watch' }>,
  device: LiveDevice,
  tell: Tell,
): Promise<string> {
  const stop = new AbortController()
  let watching: Watching | undefined
  let untaken = 0
  /** Pictures were left out: nothing can be decoded before a key frame. */
  let isBehind = false
  const onFrame = ({ header, bytes }: ShownFrame) => {
    const { type: kind, keyFrame: isKey, capturedAtUs } = header
    if (untaken >= UNTAKEN_MAX) {
      isBehind ||= kind === 'picture'
      return
    }
    if (isBehind && kind === 'picture' && !isKey) return
    if (kind === 'picture') isBehind = false
    untaken++
    const own = bytes.slice()
    tell({ kind: 'frame', frame: { kind, isKey, capturedAtUs, bytes: own } }, [own.buffer])
  }
  port.onmessage = ({ data }: MessageEvent<ToLive>) => {
    if (data.kind === 'taken') {
      untaken = Math.max(0, untaken - data.frames)
      if (isBehind && untaken === 0) watching?.wantKeyFrame()
    } else if (data.kind === 'want-key-frame') watching?.wantKeyFrame()
    else if (data.kind === 'leave') stop.abort(new Trouble('cancelled', 'Stopped.'))
  }
  const { reason } = await device.watch(
    { user, pictures, decodes, ...(ackWindow !== undefined && { ackWindow }) },
    {
      onFormat: (format) => tell({ kind: 'format', format }),
      onFrame,
      onWatching(made) {
        watching = made
      },
    },
    {
      signal: stop.signal,
      onProgress(progress) {
        if (progress.kind === 'live' && progress.change.what === 'watching') {
          tell({ kind: 'watching', watching: progress.change.watching })
        }
      },
    },
  )
  return reason ?? 'left'
}
