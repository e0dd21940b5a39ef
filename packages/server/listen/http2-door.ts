// The second door: HTTP/2 (RFC 9113) through node:http2, over TLS by ALPN or in clear with prior knowledge.
// The same handler, bounds and answers as over HTTP/1.1; what node:http2 leaves open against floods is closed here.

import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Deadlined } from './deadlines.ts'
import { holdBody } from './body-memory.ts'
import { browserFields } from './browser-fields.ts'
import { answerSafely, type DoorContext, RequestRefused } from './door.ts'
import type { Exchange } from './exchange.ts'
import { callerOf, type Peer } from './forwarded.ts'
import { createHttp2Body } from './http2-body.ts'
import { writeHttp2Answer } from './http2-answer.ts'
import { readHttp2Head } from './http2-head.ts'
import { type DoorLimits, H2_PSEUDO_FIELDS } from './limits.ts'
import { problem } from './problem.ts'
import { SESSION_PATH } from './session-door.ts'

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR } = http2.constants

/** Takes over `socket`, whose unread bytes begin with the client's connection preface. */
export function serveHttp2(socket: Socket, peer: Peer, context: DoorContext): void {
  const { limits, deadlines } = context
  const session = http2.performServerHandshake(socket, sessionOptions(limits))
  const streams = new Set<Deadlined>()
  let resets = 0
  let resetsCountedMs = deadlines.nowMs()

  const idle: Deadlined = {
    deadlineMs: deadlines.nowMs() + limits.keepAliveMs,
    expire() {
      // Time to take the GOAWAY, then the end.
      if (session.closed) return session.destroy()
      idle.deadlineMs = deadlines.nowMs() + limits.lingerMs
      session.close()
    },
  }
  deadlines.add(idle)
  context.track(socket, {
    drain: () => session.close(),
    destroy: () => session.destroy(),
  })

  session.on('stream', (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    idle.deadlineMs = Number.POSITIVE_INFINITY
    const deadline: Deadlined = {
      deadlineMs: Number.POSITIVE_INFINITY,
      expire: () => stream.close(NGHTTP2_ENHANCE_YOUR_CALM),
    }
    streams.add(deadline)
    deadlines.add(deadline)
    stream.on('error', ignoreError)
    stream.on('aborted', () => {
      // After the answer has begun a reset is the caller's right; before, it has cost us work for nothing.
      if (!stream.headersSent) countReset()
    })
    stream.on('close', () => {
      deadlines.remove(deadline)
      streams.delete(deadline)
      if (streams.size === 0) idle.deadlineMs = deadlines.nowMs() + limits.keepAliveMs
    })
    void serveStream(stream, raw, peer, context, deadline).catch((error: unknown) => {
      context.report({ door: 'h2', method: '', path: '', error })
      stream.close(NGHTTP2_INTERNAL_ERROR)
    })
  })
  session.on('error', ignoreError)
  session.on('close', () => deadlines.remove(idle))

  /** Rapid reset: each cancelled request has cost us its start (CVE-2023-44487). */
  function countReset(): void {
    const nowMs = deadlines.nowMs()
    resets = Math.max(0, resets - ((nowMs - resetsCountedMs) / 1000) * limits.h2ResetsPerSecond) + 1
    resetsCountedMs = nowMs
    if (resets <= limits.h2ResetBurst || session.destroyed) return
    session.goaway(NGHTTP2_ENHANCE_YOUR_CALM)
    session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM)
  }
}

async function serveStream(
  stream: ServerHttp2Stream,
  raw: readonly string[],
  peer: Peer,
  context: DoorContext,
  deadline: Deadlined,
): Promise<void> {
  const { limits, phraseOf } = context
  const head = readHttp2Head(raw, limits)
  const caller = 'status' in head ? head : callerOf(peer, head.headers, context.isTrustedProxy)
  if ('status' in head || 'status' in caller) {
    const { status, detail } = caller as { status: number; detail: string }
    return writeHttp2Answer(stream, problem(status, detail, phraseOf), '', context, deadline, browserFields())
  }
  const beside = browserFields(caller, head.headers.get('host'))
  if (head.path === SESSION_PATH && head.method === 'GET') {
    const detail = 'A session is a WebSocket, which is opened over HTTP/1.1.'
    return writeHttp2Answer(stream, problem(426, detail, phraseOf), head.method, context, deadline, beside)
  }
  const gone = new AbortController()
  stream.once('aborted', () => gone.abort())
  stream.once('close', () => gone.abort())
  const held = holdBody(context.bodyMemory, (refusal) => new RequestRefused(refusal))
  const exchange: Exchange = {
    door: 'h2',
    method: head.method,
    path: head.path,
    query: new URLSearchParams(head.query),
    headers: head.headers,
    body: createHttp2Body(stream, head, context, deadline, held),
    remoteAddress: caller.remoteAddress,
    secure: caller.secure,
    signal: gone.signal,
  }
  const answer = await answerSafely(context, exchange)
  held.release()
  await writeHttp2Answer(stream, answer, head.method, context, deadline, beside)
  // QUIT: no more requests on this connection; those in progress are answered.
  if (answer.close) stream.session?.close()
}

function sessionOptions(limits: DoorLimits): http2.ServerOptions {
  return {
    settings: {
      maxConcurrentStreams: limits.h2Streams,
      maxHeaderListSize: limits.headerBlockBytes,
      enablePush: false,
      // A WebSocket inside HTTP/2 (RFC 8441) would mix sessions on one connection; browsers then use HTTP/1.1.
      enableConnectProtocol: false,
    },
    // Twice ours, so that whoever is a little over is told so with a 431 rather than reset.
    maxHeaderListPairs: 2 * (limits.headerFields + H2_PSEUDO_FIELDS),
    maxOutstandingPings: limits.h2OutstandingPings,
    maxSessionMemory: limits.h2SessionMemoryMiB,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: limits.h2Streams,
    streamResetBurst: limits.h2ResetBurst,
    streamResetRate: limits.h2ResetsPerSecond,
  }
}

/** Frames that nghttp2 may find wrong on one connection before it is cut; an honest caller sends none. */
const MAX_INVALID_FRAMES = 16

function ignoreError(): void {}
