// The caller's end of an open direct path: questions go out inside TLS, answers come back in the order asked, inside TLS or on the plain
// lane. Bytes go into the buffers of whoever asked; whether they are right is not known here.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  createWireReader,
  encodeFrame,
  type Frame,
  type ListenerFrame,
  type WireEvent,
} from '@doorpost/protocol/piece-wire'
import type { ListAnswer, MediaRef, Path, PathFault, PieceAnswer, PieceRef, TakeBuffer } from '../paths/path.ts'
import { laneMac } from './direct-proof.ts'
import { openLane as connectLane } from './lane-reader.ts'
import { lineOf } from './socket-line.ts'

type PieceQuestion = {
  kind: 'piece'
  media: MediaRef
  piece: PieceRef
  lane: boolean
  /** Taken once, when the first bytes come; kept when the piece has to be asked for again. */
  buffer?: Uint8Array | Promise<Uint8Array>
  take: TakeBuffer
  settle(answer: PieceAnswer): void
}
type ListQuestion = { kind: 'list'; maxBytes: number; settle(answer: ListAnswer): void }
type Question = PieceQuestion | ListQuestion

/** A path over a connection on which both ends have proved themselves. It owns the socket from now on. */
export function createDirectPath(socket: TLSSocket): Path & { openLane(timeoutMs: number): Promise<void> } {
  const reader = createWireReader()
  const open = new Map<number, Question>()
  const over = Promise.withResolvers<void>()
  let seqs = 0
  let ended = false
  let bytesArrived = 0
  let lane: { socket: Socket; ready: boolean } | undefined
  let laneAnswered = (_frame: ListenerFrame | undefined) => {}
  /** The bulk that is coming inside TLS. */
  let bulk: { question: Question; seq: number; into: Uint8Array; got: number; length: number } | undefined

  const end = (cause: string) => {
    if (ended) return
    ended = true
    socket.destroy()
    lane?.socket.destroy()
    laneAnswered(undefined)
    for (const question of open.values()) question.settle({ state: 'line-broken', cause })
    open.clear()
    over.resolve()
  }
  /** What is said in one turn leaves as one record. */
  let corked = false
  const say = (frame: Frame) => {
    if (!corked) {
      corked = true
      socket.cork()
      queueMicrotask(() => {
        corked = false
        socket.uncork()
      })
    }
    socket.write(encodeFrame(frame))
  }
  const ask = (question: PieceQuestion) => {
    question.lane = lane?.ready === true
    const seq = seqs++
    open.set(seq, question)
    const { media, piece } = question
    say({ type: 'want-piece', seq, piece: piece.index, lane: question.lane, ...media })
  }
  const finish = (seq: number, question: Question, bytes: Uint8Array, proven: boolean) => {
    open.delete(seq)
    if (question.kind === 'list') question.settle({ state: 'here', list: bytes })
    else question.settle({ state: 'here', bytes, proven })
  }
  const bufferFor = (question: PieceQuestion): Uint8Array | Promise<Uint8Array> => {
    question.buffer ??= question.take(question.piece)
    return question.buffer
  }
  const laneOver = (gone: Socket) => {
    if (lane?.socket !== gone) return
    lane = undefined
    laneAnswered(undefined)
    // What was asked for on it is asked again inside TLS, in the same order.
    for (const [seq, question] of [...open]) {
      if (question.kind !== 'piece' || !question.lane) continue
      open.delete(seq)
      ask(question)
    }
  }

  /** Takes one event; a promise means that reading has to wait for a buffer. */
  const hear = (event: WireEvent): void | Promise<void> => {
    if ('bulk' in event) {
      if (!bulk) return end('bytes that nobody asked for')
      bulk.into.set(event.bulk, bulk.got)
      bulk.got += event.bulk.length
      if (bulk.got < bulk.length) return
      const { seq, question, into, length } = bulk
      bulk = undefined
      return finish(seq, question, into.subarray(0, length), true)
    }
    const { frame } = event
    switch (frame.type) {
      case 'list': {
        const { seq, length } = frame
        const question = open.get(seq)
        if (question?.kind !== 'list' || length > question.maxBytes) return end('a list that nobody asked for')
        if (length === 0) return finish(seq, question, new Uint8Array(0), true)
        bulk = { question, seq, into: new Uint8Array(length), got: 0, length }
        return
      }
      case 'piece': {
        const { seq, length } = frame
        const question = open.get(seq)
        if (question?.kind !== 'piece' || length === 0) return end('a piece that nobody asked for')
        if (length !== question.piece.length) {
          open.delete(seq)
          question.settle({ state: 'bad-piece', piece: question.piece.index })
          return end('a piece of another length')
        }
        const start = (into: Uint8Array) => {
          bulk = { question, seq, into, got: 0, length }
        }
        const buffer = bufferFor(question)
        return buffer instanceof Uint8Array ? start(buffer) : buffer.then(start)
      }
      case 'fault': {
        const question = open.get(frame.seq)
        if (!question) return end('an answer that nobody asked for')
        open.delete(frame.seq)
        return question.settle(faultOf(frame))
      }
      case 'lane':
      case 'no-lane':
      case 'lane-ready':
        return laneAnswered(frame)
      default:
        return end('a frame that no listener says')
    }
  }

  let waiting = false
  const chunks: Uint8Array[] = []
  const hearAll = (events: Iterator<WireEvent, void>) => {
    try {
      for (let event = events.next(); !event.done; event = events.next()) {
        const later = hear(event.value)
        if (ended) return
        if (!later) continue
        waiting = true
        socket.pause()
        void later.then(() => {
          waiting = false
          if (ended) return
          hearAll(events)
          for (let next = waiting ? undefined : chunks.shift(); next; next = waiting ? undefined : chunks.shift()) {
            hearAll(reader.push(next))
          }
          if (!waiting && !ended) socket.resume()
        })
        return
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
    }
  }
  socket.on('data', (chunk: Buffer) => {
    bytesArrived += chunk.length
    if (waiting) chunks.push(chunk)
    else hearAll(reader.push(chunk))
  })
  socket.on('error', (error: Error) => end(error.message))
  socket.once('close', () => end('the other side closed'))
  socket.resume()

  const guarded = <T>(
    signal: AbortSignal,
    task: (settle: (answer: T | PathFault) => void) => void,
  ): Promise<T | PathFault> =>
    new Promise((resolve) => {
      const stop = () => end('stopped')
      const settle = (answer: T | PathFault) => {
        signal.removeEventListener('abort', stop)
        resolve(answer)
      }
      if (signal.aborted) end('stopped')
      if (ended) return resolve({ state: 'line-broken', cause: 'the path is closed' })
      signal.addEventListener('abort', stop, { once: true })
      task(settle)
    })

  return {
    kind: 'direct',
    list: (media, maxBytes, signal) =>
      guarded<ListAnswer>(signal, (settle) => {
        const seq = seqs++
        open.set(seq, { kind: 'list', maxBytes, settle })
        say({ type: 'want-list', seq, maxBytes, ...media })
      }),
    piece: (media, piece, take, signal) =>
      guarded<PieceAnswer>(signal, (settle) => ask({ kind: 'piece', media, piece, lane: false, take, settle })),
    distrust() {
      lane?.socket.destroy()
      if (lane) laneOver(lane.socket)
    },
    /** Asks for a lane and settles when it is there, refused, or the time is over; then all goes on inside TLS. */
    openLane(timeoutMs) {
      const { localHost, localPort, remoteHost, remotePort } = lineOf(socket)
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(late)
          laneAnswered = () => {}
          resolve()
        }
        const late = setTimeout(() => {
          lane?.socket.destroy()
          done()
        }, timeoutMs)
        laneAnswered = (frame) => {
          if (frame?.type === 'lane' && !lane) {
            const opened = connectLane({
              host: remoteHost,
              port: remotePort,
              localAddress: localHost,
              id: frame.id,
              mac: laneMac(socket, frame.id),
              expected(seq, length) {
                const question = open.get(seq)
                if (question?.kind !== 'piece' || !question.lane || question.piece.length !== length) return undefined
                const filled = () => {
                  const buffer = question.buffer as Uint8Array
                  finish(seq, question, buffer.subarray(0, length), false)
                }
                const buffer = bufferFor(question)
                if (!(buffer instanceof Uint8Array)) void buffer.then((late) => (question.buffer = late))
                return { length, buffer, filled }
              },
              onBytes: (count) => {
                bytesArrived += count
              },
              onEnd: () => laneOver(opened),
            })
            lane = { socket: opened, ready: false }
          } else {
            if (frame?.type === 'lane-ready' && lane) lane.ready = true
            done()
          }
        }
        say({
          type: 'want-lane',
          callerHost: localHost,
          callerPort: localPort,
          listenerHost: remoteHost,
          listenerPort: remotePort,
        })
      })
    },
    get bytesArrived() {
      return bytesArrived
    },
    close: () => end('closed'),
    [Symbol.dispose]: () => end('closed'),
    closed: over.promise,
  }
}

function faultOf({ code, piece }: Extract<ListenerFrame, { type: 'fault' }>): PathFault {
  return code === 'source-changed' ? { state: code, piece } : { state: code }
}
