// The main screens of the web app, as a person who uses it comes to them, in each of the looks it has.

import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { WebPerson } from './web-person.ts'

export const LOOKS = [
  { look: 'wide-light', colorScheme: 'light', width: 1280, height: 800 },
  { look: 'wide-dark', colorScheme: 'dark', width: 1280, height: 800 },
  { look: 'phone-light', colorScheme: 'light', width: 390, height: 780 },
  { look: 'phone-dark', colorScheme: 'dark', width: 390, height: 780 },
] as const

/** By name: how to come there from anywhere. */
export function screensOf({ page, openConversation }: WebPerson, other: string): Record<string, () => Promise<void>> {
  const at = async (hash: string, heading: string | RegExp) => {
    await page.evaluate((wanted) => {
      location.hash = wanted
    }, hash)
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
  }
  return {
    conversation: () => openConversation(other),
    contacts: () => at('#/contacts', 'Contacts'),
    'new-conversation': () => at('#/new', 'New conversation'),
    requests: () => at('#/requests', 'Contact requests'),
    'recovery-words': () => at('#/words', 'Write these words down'),
    settings: () => at('#/settings', 'Settings'),
    ...Object.fromEntries(
      Object.entries({
        account: 'You and this browser',
        devices: 'Devices',
        fetching: 'What is fetched by itself',
        sharing: 'What others see and get from you',
        sending: 'What becomes of what you sent',
        links: 'Links',
        storage: 'Storage',
        about: 'About',
      }).map(([part, heading]) => [`settings-${part}`, () => at(`#/settings/${part}`, heading)]),
    ),
  }
}

/** In every look, into the folder that DOORPOST_PICTURES names; none where it names none. */
export async function keepPictures({ page }: Pick<WebPerson, 'page'>, name: string): Promise<void> {
  const folder = process.env['DOORPOST_PICTURES']
  if (folder === undefined) return
  for (const look of LOOKS) {
    await wear(page, look)
    await page.screenshot({ path: join(folder, `${name}-${look.look}.png`) })
  }
  await wear(page, LOOKS[0])
}

/** Colours and width as in `look`; what moves has come to rest. */
export async function wear(page: Page, look: (typeof LOOKS)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' })
  await page.setViewportSize({ width: look.width, height: look.height })
  // Away from everything that lights up.
  await page.mouse.move(0, 0)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}
