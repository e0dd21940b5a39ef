// Chromium as these tests start it: the system's own, without a window.

import { type Browser, chromium } from 'playwright-core'

export async function openChromium(
  options: { readonly args?: readonly string[]; readonly executable?: string } = {},
): Promise<Browser> {
  return await chromium.launch({
    executablePath: options.executable ?? '/usr/bin/chromium',
    args: ['--no-sandbox', ...(options.args ?? [])],
  })
}
