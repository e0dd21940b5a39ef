// A browser that its driver leaves: while one is there, every body that a page sends out is told to it as well, which costs more than sending
// it. What it was told to do goes on; nobody looks.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Browser, chromium } from 'playwright-core'

export interface Undriven extends AsyncDisposable {
  /** Its one context is the profile. */
  readonly browser: Pick<Browser, 'newContext'>
  /** The driver goes; pages stay open as they are. */
  leave(): Promise<void>
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
  const driven = await chromium.connectOverCDP(await doorOf(child.stderr), { isLocal: true })
  const [context] = driven.contexts()
  if (!context) throw new Error('a profile is a context')
  return {
    browser: { newContext: async () => context },
    leave: () => driven.close(),
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
