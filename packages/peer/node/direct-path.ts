// The caller's end of an open direct path: its TLS connection is the carrier of framed-path.ts. What is added is the plain lane, on which
// pieces go straight from the socket into the buffers of whoever asked.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { openAsking } from '../paths/framed-path.ts'
import type { Path } from '../paths/path.ts'
import { laneMac } from './direct-proof.ts'
import { openLane as connectLane } from './lane-reader.ts'
import { socketCarrier } from './socket-carrier.ts'
import { lineOf } from './socket-line.ts'

/** A path over a connection on which both ends have proved themselves. It owns the socket from now on. */
export function createDirectPath(socket: TLSSocket): Path & { openLane(timeoutMs: number): Promise<void> } {
  const asking = openAsking('direct', socketCarrier(socket))
  const { path } = asking
  let lane: Socket | undefined
  let laneAnswered = () => {}

  const laneOver = (gone: Socket) => {
    if (lane !== gone) return
    lane = undefined
    laneAnswered()
    asking.useLane(false)
  }
  void path.closed.then(() => {
    laneAnswered()
    lane?.destroy()
  })

  return {
    kind: path.kind,
    list: path.list,
    piece: path.piece,
    have: path.have,
    claim: path.claim,
    distrust() {
      if (!lane) return
      lane.destroy()
      laneOver(lane)
    },
    /** Asks for a lane and settles when it is there, refused, or the time is over; then all goes on inside TLS. */
    openLane(timeoutMs) {
      const { localHost, localPort, remoteHost, remotePort } = lineOf(socket)
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(late)
          laneAnswered = () => {}
          asking.onLaneFrame = () => {}
          resolve()
        }
        const late = setTimeout(() => {
          lane?.destroy()
          done()
        }, timeoutMs)
        laneAnswered = done
        asking.onLaneFrame = (frame) => {
          if (frame.type === 'lane' && !lane) {
            const opened = connectLane({
              host: remoteHost,
              port: remotePort,
              localAddress: localHost,
              id: frame.id,
              mac: laneMac(socket, frame.id),
              expected: asking.expected,
              onBytes: asking.arrived,
              onEnd: () => laneOver(opened),
            })
            lane = opened
          } else {
            if (frame.type === 'lane-ready' && lane) asking.useLane(true)
            done()
          }
        }
        asking.say({
          type: 'want-lane',
          callerHost: localHost,
          callerPort: localPort,
          listenerHost: remoteHost,
          listenerPort: remotePort,
        })
      })
    },
    get bytesArrived() {
      return path.bytesArrived
    },
    close: path.close,
    [Symbol.dispose]: path.close,
    closed: path.closed,
  }
}
