import { expect, test } from 'vitest'
import { openNotice } from '../service-worker/notice-click.ts'
import { parseRoute } from '../route.ts'
import { noticeOf } from './notice.ts'

function page(more: { focused?: boolean; visibilityState?: 'visible' | 'hidden'; refuses?: boolean } = {}) {
  const told: unknown[] = []
  let focusedTimes = 0
  return {
    told,
    times: () => focusedTimes,
    client: {
      focused: more.focused ?? false,
      visibilityState: more.visibilityState ?? 'hidden',
      postMessage: (message: unknown) => void told.push(message),
      focus: () => {
        focusedTimes++
        return more.refuses ? Promise.reject(new Error('no gesture')) : Promise.resolve()
      },
    },
  }
}

function pages(...open: ReturnType<typeof page>[]) {
  const opened: string[] = []
  return {
    opened,
    matchAll: () => Promise.resolve(open.map(({ client }) => client)),
    openWindow: (url: string) => {
      opened.push(url)
      return Promise.resolve(null)
    },
  }
}

const act = (data: unknown, all: ReturnType<typeof pages>) => openNotice(data, all)

test('[SCR25] a pressed notification brings the page that is seen to the front and tells it the conversation', async () => {
  const [hidden, seen] = [page(), page({ visibilityState: 'visible', refuses: true })]
  const all = pages(hidden, seen)
  await act(noticeOf('c1'), all)
  expect(seen.told).toEqual([{ kind: 'open-conversation', id: 'c1' }])
  expect(seen.times()).toBe(1)
  expect(hidden.told).toEqual([])
  expect(all.opened).toEqual([])
})

test('[SCR25] where no page is open one is opened at the conversation, whatever its id looks like', async () => {
  const all = pages()
  await act(noticeOf('a/b#?c'), all)
  const [url] = all.opened
  expect(parseRoute(new URL(url ?? '', 'https://x').hash)).toEqual(['with', 'a/b#?c'])
  expect(new URL(url ?? '', 'https://x').pathname).toBe('/')
})

test('[SCR25] what is no notice of ours does nothing', async () => {
  const all = pages(page())
  for (const data of [null, 'open', { kind: 'open-conversation', id: 7 }, { id: 'c' }]) await act(data, all)
  expect(all.opened).toEqual([])
})
