// What a page must never do, written down while it is used: break the content security policy, complain, fail, ask anybody but its own
// server, or run what somebody wrote to it.

import type { BrowserContext, Page } from 'playwright-core'

/** What strangers' texts would set if a page ran them. */
const CANARY = 'canarySang'

/** Texts that run, or mislead, wherever a page takes them for more than text. */
export const CANARIES = {
  title: `<script>${CANARY}=1</script><script src="https://evil.example/x.js"></script>`,
  text: `<img src=x onerror="${CANARY}=2"> javascript:${CANARY}=3 <svg/onload=${CANARY}=4> \u202Egnirts\u202C`,
  /** Of a file: no slashes, and the end is the one of its kind. */
  fileName: `"><img src=x onerror=${CANARY}=5>\u202Egpj.txt`,
  folderName: `<svg onload=${CANARY}=6>`,
} as const

export interface Faults {
  /** Begins with a page of this context. */
  watch(page: Page): Promise<void>
  /** In the order in which they came; none is what a story wants. */
  all(): readonly string[]
}

/** `origin`: the only one that may be asked. */
export function collectFaults(context: BrowserContext, origin: string): Faults {
  const found: string[] = []
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'data:') found.push(`request: ${request.url()}`)
  })
  return {
    async watch(page) {
      page.on('pageerror', (error) => found.push(`error: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error') found.push(`console: ${message.text()} (${message.location().url})`)
      })
      page.on('websocket', (socket) => {
        if (new URL(socket.url()).host !== new URL(origin).host) found.push(`socket: ${socket.url()}`)
      })
      await page.exposeBinding('tellFault', (_source, fault: string) => {
        found.push(fault)
      })
      await page.addInitScript((canary) => {
        const { tellFault: tell } = globalThis as unknown as { tellFault(this: void, fault: string): void }
        addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
          tell(`policy: ${violatedDirective} ${blockedURI}`),
        )
        Object.defineProperty(globalThis, canary, {
          set(which) {
            tell(`canary ${String(which)} ran`)
          },
        })
      }, CANARY)
    },
    all: () => [...found],
  }
}
