// A notification was pressed: the page that is there comes to the front and opens the conversation; where none is, one is opened.

import { noticeHash, readNotice } from '../screens/notice.ts'

/** What is needed of Clients and WindowClient. */
interface Pages {
  matchAll(options: { readonly type: 'window' }): Promise<readonly OpenPage[]>
  openWindow(url: string): Promise<unknown>
}

interface OpenPage {
  readonly focused: boolean
  readonly visibilityState: DocumentVisibilityState
  postMessage(message: unknown): void
  focus(): Promise<unknown>
}

/** `data`: of the notification. */
export async function openNotice(data: unknown, pages: Pages): Promise<void> {
  const notice = readNotice(data)
  if (!notice) return
  const open = await pages.matchAll({ type: 'window' })
  const page =
    open.find(({ focused }) => focused) ?? open.find(({ visibilityState }) => visibilityState === 'visible') ?? open[0]
  if (!page) {
    await pages.openWindow(`/${noticeHash(notice)}`)
    return
  }
  page.postMessage(notice)
  // A browser may refuse to bring it to the front; the conversation is open all the same.
  await page.focus().catch(() => undefined)
}
