// How much memory the tabs of a browser take while something goes on (Linux alone).

import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'

const LOOK_EVERY_MS = 250

export interface TabWatch {
  /** Ends it. Answers the most that any one renderer had of its own, bytes. */
  stop(): number
}

export async function watchTabs(browser: Browser): Promise<TabWatch> {
  const devtools = await browser.newBrowserCDPSession()
  let largest = 0
  const look = async () => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
    for (const { id, type } of processInfo)
      if (type === 'renderer') largest = Math.max(largest, await residentBytes(id))
  }
  await look()
  const looking = setInterval(() => {
    // A renderer may be gone by the time that it is looked at.
    void look().catch(() => {})
  }, LOOK_EVERY_MS)
  return {
    stop() {
      clearInterval(looking)
      return largest
    },
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return (kib('RssAnon') + kib('RssShmem')) * 1024
}
