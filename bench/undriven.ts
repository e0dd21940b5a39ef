// A browser that its driver leaves: while one is there, every body that a page sends out or takes in is told to it as well, which costs more
// than carrying it. What it was told to do goes on; a page may still be asked to run something, and nothing else of it is looked at.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Browser, chromium } from 'playwright-core'
import { WebSocket } from 'ws'

export interface Undriven extends AsyncDisposable {
  /** Its one context is the profile. */
  readonly browser: Pick<Browser, 'newContext'>
  /** The driver goes; pages stay open as they are. */
  leave(): Promise<void>
  /** Hold of the page whose address begins so, with no driver. */
  hold(address: string): Promise<HeldPage>
}

export interface HeldPage extends Disposable {
  /** Runs in the page, as if somebody had just touched it; what it takes and answers is JSON. Rejects what it rejects. */
  run<In extends readonly unknown[], Out>(task: (...given: In) => Out | Promise<Out>, ...given: In): Promise<Out>
}

/** A Chromium with the profile that lies in `folder`. */
export async function openUndriven(folder: string): Promise<Undriven> {
  const words = [
    ...['--headless', '--no-sandbox', '--no-first-run', '--mute-audio', '--lang=en-GB', '--window-size=1280,800'],
    // It is in front for whoever sits there.
    ...['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
    ...[`--user-data-dir=${folder}`, '--remote-debugging-port=0', 'about:blank'],
  ]
  const child = spawn('/usr/bin/chromium', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const door = await doorOf(child.stderr)
  const driven = await chromium.connectOverCDP(door, { isLocal: true })
  const [context] = driven.contexts()
  if (!context) throw new Error('a profile is a context')
  return {
    browser: { newContext: async () => context },
    leave: () => driven.close(),
    hold: (address) => holdPage(new URL(door).host, address),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

async function doorOf(told: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: told })
  for await (const line of lines) {
    const door = /DevTools listening on (\S+)/.exec(line)?.[1]
    if (door === undefined) continue
    // What it says from now on is nobody's concern, and must not stand in its way.
    told.resume()
    return door
  }
  throw new Error('the browser did not start')
}

interface Target {
  readonly type: string
  readonly url: string
  readonly webSocketDebuggerUrl: string
}
interface Answer {
  readonly id: number
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly result?: { readonly value?: unknown }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
}

/** Chrome DevTools Protocol: the list of targets over HTTP, then `Runtime.evaluate` alone, which turns no domain on. */
async function holdPage(host: string, address: string): Promise<HeldPage> {
  const targets = (await (await fetch(`http://${host}/json/list`)).json()) as Target[]
  const target = targets.find(({ type, url }) => type === 'page' && url.startsWith(address))
  if (!target) throw new Error(`no page is at ${address}`)
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await once(socket, 'open')
  const asked = new Map<number, PromiseWithResolvers<unknown>>()
  socket.on('message', (said: Buffer) => {
    const { id, error, result } = JSON.parse(said.toString()) as Answer
    const waiting = asked.get(id)
    asked.delete(id)
    const thrown = error?.message ?? result?.exceptionDetails?.exception?.description
    if (thrown === undefined) waiting?.resolve(result?.result?.value)
    else waiting?.reject(new Error(thrown))
  })
  socket.on('close', () => {
    for (const { reject } of asked.values()) reject(new Error('the page has gone'))
  })
  let id = 0
  return {
    run<In extends readonly unknown[], Out>(task: (...given: In) => Out | Promise<Out>, ...given: In): Promise<Out> {
      const answer = Promise.withResolvers<unknown>()
      asked.set(++id, answer)
      const expression = `(${task.toString()})(...${JSON.stringify(given)})`
      const params = { expression, awaitPromise: true, returnByValue: true, userGesture: true }
      socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }))
      return answer.promise as Promise<Out>
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}
