// Shows a camera in the conversation that is open, as stories do that count what a viewer saw.

import type { Page } from 'playwright-core'

/** With the widest window: what a busy machine's viewers would skip is told apart from what is lost. */
export async function showCameraSkippingNothing(page: Page): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  await press('Show something')
  await page.getByText('Details').click()
  await page
    .getByRole('combobox', { name: 'Pictures on their way to each viewer' })
    .selectOption('Up to a second: skips nothing while it can')
  await press('Camera')
}
