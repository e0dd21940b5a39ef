// `npm run dev` as whoever works on the app meets it: started with nothing made ready before, its link followed in a browser.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { freePort } from '../scripts/free-port.ts'
import { needs } from '../scripts/needs.ts'
import { openChromium } from './web/chromium.ts'
import { openWebPerson } from './web/web-person.ts'

const chromium = needs('chromium')

test.skipIf(chromium.missing !== undefined)(
  `[WST8] [SCR9] [SCR20] who follows the printed link signs up and sees alice at once, also after loading the page again ${chromium.missing ?? ''}`,
  async () => {
    await using stack = new AsyncDisposableStack()
    const port = await freePort()
    const dev = spawn(process.execPath, [join(import.meta.dirname, 'dev.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Under vitest it would be a build for tests.
      env: { ...process.env, NODE_ENV: 'development', DOORPOST_DEV_PORT: String(port) },
    })
    const end = async () => {
      if (dev.exitCode !== null || dev.signalCode !== null) return
      dev.kill('SIGTERM')
      await once(dev, 'close')
    }
    stack.defer(end)
    let [link, home]: (string | undefined)[] = []
    for await (const line of createInterface({ input: dev.stdout })) {
      link ??= /^Sign up as alice's contact at (\S+)$/.exec(line)?.[1]
      home = / --home (\S+)$/.exec(line)?.[1]
      if (home !== undefined) break
    }
    dev.stdout.resume()
    const browser = await openChromium()
    stack.defer(() => browser.close())
    const carol = stack.use(await openWebPerson(browser, `http://localhost:${port}`, 'carol'))
    await carol.open(link)
    await carol.page.getByText(/^alice@\S+ invites you\./).waitFor()
    expect(carol.page.url()).toBe(`http://localhost:${port}/`)
    let loads = 0
    carol.page.on('load', () => loads++)
    await carol.page.reload()
    await carol.page.getByText(/^alice@\S+ invites you\./).waitFor()
    await carol.signUp()
    await carol.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('link', { name: /^alice/ })
      .waitFor()
    expect(loads, 'the page is loaded anew when somebody does so, never by itself').toBe(1)
    expect(await carol.page.evaluate(() => sessionStorage.length)).toBe(0)
    await end()
    expect(existsSync(home ?? '.'), 'all of it goes').toBe(false)
  },
)
