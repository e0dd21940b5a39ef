// Serves one HTTP/1.1 connection: requests one after the other, each answered before the next is begun, so that
// pipelined answers are in order and what a caller sends ahead stays in its own socket.

import type { Socket } from 'node:net'
import type { Answer, Exchange } from './exchange.ts'
import { browserFields } from './browser-fields.ts'
import { answerSafely, type DoorContext, lazySignal } from './door.ts'
import { type Caller, callerOf, type Peer } from './forwarded.ts'
import { writeAnswer } from './http1-answer.ts'
import { createHttp1Body } from './http1-body.ts'
import { createHttp1Reader } from './http1-reader.ts'
import type { RequestHead } from './http1-framing.ts'
import { problem } from './problem.ts'
import type { UpgradeDoor } from './upgrade.ts'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** Takes over `socket`, on which nobody listens any more; `first` are the bytes already read from it. */
export function serveHttp1(
  socket: Socket,
  first: Uint8Array,
  peer: Peer,
  context: DoorContext,
  upgrades: readonly UpgradeDoor[],
): void {
  const reader = createHttp1Reader(socket, first, context.limits, context.deadlines)
  let current: RequestHead | undefined
  // Every error of a socket is followed by its close, which the reader hears.
  socket.on('error', ignoreError)

  context.track(socket, { drain: () => reader.stopIdling(), destroy: () => socket.destroy() })
  void serve().catch((error: unknown) => {
    // Only the stream of an answer can fail here: the caller must not take half an answer for a whole one.
    context.report({ door: 'http/1.1', method: current?.method ?? '', path: current?.path ?? '', error })
    socket.destroy()
  })

  async function serve(): Promise<void> {
    for (;;) {
      const event = await reader.next('request')
      if (event?.kind === 'refusal') await write(problem(event.status, event.detail, context.phraseOf, true))
      if (event?.kind !== 'head') return reader.linger()
      current = event.head
      const next = await serveOne(event.head)
      if (next === 'taken-over') return
      if (next === 'end') return reader.linger()
    }
  }

  async function serveOne(head: RequestHead): Promise<'next' | 'end' | 'taken-over'> {
    const caller = callerOf(peer, head.headers, context.isTrustedProxy)
    if ('status' in caller) {
      await write(problem(caller.status, caller.detail, context.phraseOf, true), head)
      return 'end'
    }
    const door = head.method === 'GET' ? upgrades.find(({ path }) => path === head.path) : undefined
    if (door) {
      const refusal = door.check(head, caller)
      if (!refusal) {
        reader.tryNext() // the `end` of the request for the upgrade
        takeOver(door, head, caller)
        return 'taken-over'
      }
      await write({ ...refusal, close: true }, head, caller)
      return 'end'
    }
    const body = createHttp1Body(head, reader, context.bodyMemory, () => socket.write(CONTINUE))
    const gone = lazySignal()
    reader.onGone = () => gone.abort()
    if (reader.isGone) gone.abort()
    const exchange: Exchange = {
      door: 'http/1.1',
      method: head.method,
      path: head.path,
      query: new URLSearchParams(head.query),
      headers: head.headers,
      body: body.forHandler,
      remoteAddress: caller.remoteAddress,
      secure: caller.secure,
      get signal() {
        return gone.signal
      },
    }
    const answer = await answerSafely(context, exchange)
    body.release()
    const { discardBytes } = context.limits
    const close = answer.close === true || !head.keepAlive || context.isDraining() || !body.canSettle(discardBytes)
    // Until its last byte is written: an answer that is relayed must end with the one who reads it.
    const written = await write({ ...answer, close }, head, caller)
    reader.onGone = undefined
    return written && !close && (await body.settle(discardBytes)) ? 'next' : 'end'
  }

  function write(answer: Answer, head?: RequestHead, caller?: Caller): Promise<boolean> {
    const frame = {
      method: head?.method ?? '',
      minorVersion: head?.minorVersion ?? 1,
      close: answer.close === true,
      beside: browserFields(caller, head?.headers.get('host')),
    }
    return writeAnswer(socket, answer, frame, context, () => reader.drained())
  }

  function takeOver(door: UpgradeDoor, head: RequestHead, caller: Caller): void {
    const rest = reader.detach()
    socket.off('error', ignoreError)
    door.accept(head, socket, rest, caller)
  }
}

function ignoreError(): void {}
