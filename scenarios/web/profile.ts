// A browser profile on the disk, as people have one. A context of a running browser is a private window: its storage lies in the
// memory of the browser, where a film of 4 GiB takes 4 GiB.

import { mkdir } from 'node:fs/promises'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'

/** A Chromium of its own whose one context is the profile that lies in `folder`; closing that ends it. */
export async function openProfile(
  folder: string,
  options: BrowserContextOptions & { readonly args?: readonly string[]; readonly executable?: string } = {},
): Promise<BrowserContext> {
  const { args = [], executable = '/usr/bin/chromium', ...context } = options
  await mkdir(folder, { recursive: true })
  return await chromium.launchPersistentContext(folder, {
    ...context,
    executablePath: executable,
    args: ['--no-sandbox', ...args],
  })
}

/** What opens a context for a person (web-person.ts), each in a profile of their own below `folder`. */
export function profiles(
  folder: string,
  more: { readonly args?: readonly string[] } = {},
): Pick<Browser, 'newContext'> {
  let opened = 0
  return { newContext: (options) => openProfile(`${folder}/profile-${++opened}`, { ...options, ...more }) }
}
