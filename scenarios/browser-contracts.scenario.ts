// What a device has from its browser keeps the same contracts as on a machine, shown in a real Chromium.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@doorpost/server/server'
import { expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { buildPage } from './web/build-page.ts'
import { openChromium } from './web/chromium.ts'

const chromium = needs('chromium')

test.skipIf(chromium.missing)(
  `[BRO1] [BRO2] [BRO3] [BRO4] [BRO5] [BRO6] [BRO7] [BRO8] [WKT3] store, crypto, files and parts in a browser${chromium.reason}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-browser-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true }))
    await buildPage('contract-page', join(folder, 'page'))
    const server = await startServer({ port: 0, dataFolder: join(folder, 'data'), webFolder: join(folder, 'page') })
    stack.defer(() => server.drain())
    const browser = await openChromium()
    stack.defer(() => browser.close())
    const page = await (await browser.newContext()).newPage()
    page.on('console', (message) => process.stderr.write(`${message.text()}\n`))
    await page.goto(server.origin)
    const result = await page.evaluate(() => globalThis.contracts)
    expect(result).toEqual({ ran: 25, failed: [] })
  },
)
