// A worker's answers to its page (page-messages.ts): each question is answered once, or tells what stood in the way; whoever waits no
// more ends it.

import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import { isSentence, troubleSentence } from '../catalogue/en.ts'
import { Trouble } from '../operations.ts'
import type { FromDevice, PlainTrouble } from './page-messages.ts'

/** The part of DedicatedWorkerGlobalScope that is used; its own types exclude those of pages. */
export interface WorkerScope<Message> {
  postMessage(message: FromDevice, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<Message>) => void) | null
}

export interface PageAnswers {
  /** Bytes that are answered become the page's own. */
  answer(ask: number, task: (signal: AbortSignal) => Promise<unknown>): Promise<void>
  stop(ask: number): void
}

export function createPageAnswers(scope: Pick<WorkerScope<never>, 'postMessage'>): PageAnswers {
  const underWay = new Map<number, AbortController>()
  return {
    async answer(ask, task) {
      const stop = new AbortController()
      underWay.set(ask, stop)
      try {
        const value = await task(stop.signal)
        scope.postMessage({ kind: 'answer', ask, value }, value instanceof Uint8Array ? [value.buffer] : [])
      } catch (error) {
        scope.postMessage({ kind: 'trouble', ask, trouble: plainTrouble(error) })
      } finally {
        underWay.delete(ask)
      }
    },
    stop: (ask) => underWay.get(ask)?.abort(new Trouble('cancelled', 'Stopped.')),
  }
}

function plainTrouble(error: unknown): PlainTrouble {
  if (!(error instanceof Trouble))
    return { code: 'fault', detail: error instanceof Error ? error.message : String(error) }
  const { code, message, todo } = error
  if (isSentence(message) && !message.includes(CLOCK_AHEAD))
    return { code, detail: message, ...(todo !== undefined && { todo }) }
  // A server's own words for a program: people get the catalogue's.
  const told = troubleSentence({ code, detail: message, todo })
  return { code, detail: told.says, ...(told.todo !== undefined && { todo: told.todo }) }
}

/** An event's details are plain data by contract; a foreign error among them would stop the message. */
export function plain<T>(event: T): T {
  return JSON.parse(JSON.stringify(event)) as T
}
