// What axe-core finds wrong with a screen for people who do not see it, or not well. It runs in a world of its own beside the page's,
// so that the page keeps its policy.

import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import type { CDPSession, Page } from 'playwright-core'

export interface AxeFinding {
  readonly rule: string
  /** As axe says it. */
  readonly says: string
  /** The elements, as selectors, and why each. */
  readonly where: readonly string[]
}

const AXE_FILE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Asks about the page as it is now; axe is put beside it once for each document. */
export async function openAxe(page: Page): Promise<() => Promise<readonly AxeFinding[]>> {
  const source = await readFile(AXE_FILE, 'utf8')
  const devtools = await page.context().newCDPSession(page)
  const { frameTree } = await devtools.send('Page.getFrameTree')
  const { executionContextId } = await devtools.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  })
  const run = (expression: string) => evaluate(devtools, executionContextId, expression)
  await run(`${source}; undefined`)
  return async () =>
    JSON.parse(
      await run(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(
        violations.map(({ id, help, nodes }) => ({
          rule: id,
          says: help,
          where: nodes.map(({ target, failureSummary }) => target.join(' ') + ': ' + failureSummary),
        })),
      ))`),
    ) as readonly AxeFinding[]
}

async function evaluate(devtools: CDPSession, contextId: number, expression: string): Promise<string> {
  const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', {
    expression,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  })
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
  return String(result.value)
}
