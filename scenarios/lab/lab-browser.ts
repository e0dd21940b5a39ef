// A browser at a site of the lab, with the page that has a device and no screens (web/device-page): Chromium in the site's namespace,
// driven from outside. The server is the command's own and gives out the app, so this page's files come from a folder instead.

import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { openChromium } from '../web/chromium.ts'
import { type DeviceTab, openTab } from '../web/device-tab.ts'
import type { LabStage } from './lab-stage.ts'
import type { Site } from './network.ts'

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

export interface LabBrowser extends AsyncDisposable {
  /** A profile of its own, with a device that nobody signed up for. */
  tab(): Promise<DeviceTab>
}

export interface LabChromium extends AsyncDisposable {
  readonly chromium: Browser
  /** Nobody hears of it. */
  kill(): Promise<void>
  /** Its processes stand still: all of them, as when a laptop sleeps, or those of its tabs alone, as when they are frozen. Lets them go on. */
  standStill(which: 'all' | 'tabs'): Promise<() => void>
}

/** Chromium at a site. */
export async function openLabChromium(stage: LabStage, site: Site, args: readonly string[] = []): Promise<LabChromium> {
  const { name } = site.device
  const executable = join(stage.folder, `chromium-${name}`)
  const pid = join(stage.folder, `chromium-${name}.pid`)
  await writeFile(
    executable,
    `#!/bin/sh\necho $$ > ${pid}\nexec ${site.device.command.join(' ')} /usr/bin/chromium "$@"\n`,
  )
  await chmod(executable, 0o755)
  // The certificate is the lab's own, as a company's would be that its browsers are told of.
  const chromium = await openChromium({ executable, args: ['--ignore-certificate-errors', ...args] })
  return {
    chromium,
    async kill() {
      const disconnected = new Promise((resolve) => chromium.once('disconnected', resolve))
      process.kill(Number(await readFile(pid, 'utf8')), 'SIGKILL')
      await disconnected
    },
    async standStill(which) {
      const all = await processesOf(Number(await readFile(pid, 'utf8')))
      const stopped = all.filter(({ words }) => which === 'all' || /--type=renderer\b/.test(words))
      for (const one of stopped) process.kill(one.pid, 'SIGSTOP')
      return () => {
        for (const one of stopped) process.kill(one.pid, 'SIGCONT')
      }
    },
    [Symbol.asyncDispose]: () => chromium.close(),
  }
}

/** A process and all that it started, with their command lines. */
async function processesOf(root: number): Promise<{ readonly pid: number; readonly words: string }[]> {
  // A forked process writes its own, with blanks between the words.
  const words = await readFile(`/proc/${root}/cmdline`, 'utf8').catch(() => '')
  const threads = await readdir(`/proc/${root}/task`).catch(() => [])
  const children = await Promise.all(
    threads.map((thread) => readFile(`/proc/${root}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  const below = children.flatMap((pids) => pids.split(' ').filter(Boolean).map(Number))
  return [{ pid: root, words }, ...(await Promise.all(below.map(processesOf))).flat()]
}

/** `pageFolder`: where web/build-page.ts put the page. */
export async function openLabBrowser(stage: LabStage, site: Site, pageFolder: string): Promise<LabBrowser> {
  const { chromium, ...browser } = await openLabChromium(stage, site)
  return {
    async tab() {
      const context = await chromium.newContext()
      await giveOut(context, stage.origin, pageFolder)
      return await openTab(chromium, stage.origin, context)
    },
    [Symbol.asyncDispose]: browser[Symbol.asyncDispose],
  }
}

/** The page of that folder in place of what the server gives out at its origin. */
export async function giveOut(context: BrowserContext, origin: string, folder: string): Promise<void> {
  await context.route(`${origin}/**`, async (route) => {
    const { pathname } = new URL(route.request().url())
    const file = pathname === '/' ? '/index.html' : pathname
    const body = await readFile(join(folder, file)).catch(() => undefined)
    if (route.request().method() !== 'GET' || body === undefined) return await route.continue()
    await route.fulfill({ body, contentType: TYPES[extname(file)] ?? 'application/octet-stream' })
  })
}
