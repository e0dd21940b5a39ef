// Telling of new messages while the page is not looked at. The wish is this browser's own; the browser has the last word.

import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { Conversation } from '../device-connection.ts'
import { browserMemory } from '../page-memory.ts'
import { go } from '../route.ts'
import { tellUnread } from './heading-focus.ts'
import { isNewsNow, useHistoryComing } from './history-coming.ts'
import { nameOf } from './names.ts'
import { noticeOf, readNotice } from './notice.ts'
import { shownName } from '../look/shown-name.ts'

const KEPT_AS = 'doorpost-notify'

export function canNotify(): boolean {
  return 'Notification' in globalThis
}

const listeners = new Set<() => void>()

function isOn(): boolean {
  return canNotify() && Notification.permission === 'granted' && browserMemory.getItem(KEPT_AS) === 'on'
}

export interface Notifying {
  readonly on: boolean
  /** By the browser, which alone can change that. */
  readonly refused: boolean
  /** Asks the browser where it was not asked yet; answers whether it holds. */
  put(on: boolean): Promise<boolean>
}

export function useNotifying(): Notifying {
  const state = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => (isOn() ? 'on' : canNotify() && Notification.permission === 'denied' ? 'refused' : 'off'),
  )
  return {
    on: state === 'on',
    refused: state === 'refused',
    async put(wanted) {
      if (wanted && Notification.permission === 'default') await Notification.requestPermission()
      browserMemory.setItem(KEPT_AS, wanted ? 'on' : 'off')
      for (const listener of listeners) listener()
      return isOn() === wanted
    },
  }
}

/** What to tell of: the newest message of each conversation that has another one than before, of others, not muted. Pure. */
export function news(before: ReadonlyMap<string, string>, now: readonly Conversation[]): Conversation[] {
  return now.filter(
    ({ id, last, muted, unread, request }) =>
      last !== undefined && !last.mine && !muted && !request && unread > 0 && before.get(id) !== last.id,
  )
}

/** Messages that nobody has looked at, of conversations that are told of. Pure. */
export function unreadIn(conversations: readonly Pick<Conversation, 'unread' | 'muted' | 'request'>[]): number {
  return conversations.reduce((sum, { unread, muted, request }) => sum + (muted || request ? 0 : unread), 0)
}

export function useNotifications(conversations: readonly Conversation[] | undefined, me: string): void {
  useOpenedNotices()
  const isPastComing = useHistoryComing() !== undefined
  const before = useRef<ReadonlyMap<string, string>>(undefined)
  useEffect(() => {
    if (!conversations) return
    tellUnread(unreadIn(conversations))
    const was = before.current
    before.current = new Map(conversations.flatMap(({ id, last }) => (last ? [[id, last.id]] : [])))
    // What was there when the page opened is no news.
    if (!was || !document.hidden || !isOn()) return
    for (const { id, last } of news(was, conversations)) {
      if (!last || !isNewsNow(last.at, isPastComing, Date.now())) continue
      const body = last.line !== '' ? last.line : shownName(last.media[0]?.name ?? '')
      // A browser that takes its permission back meanwhile shows nothing, and that is all.
      show(nameOf(last.from, me), body, id).catch(() => undefined)
    }
  }, [conversations, me, isPastComing])
}

/** A notification that the service worker showed was pressed. */
function useOpenedNotices(): void {
  useEffect(() => {
    const container = navigator.serviceWorker as ServiceWorkerContainer | undefined
    const open = ({ data }: MessageEvent<unknown>) => {
      const notice = readNotice(data)
      if (notice) go('with', notice.id)
    }
    container?.addEventListener('message', open)
    return () => container?.removeEventListener('message', open)
  }, [])
}

/** Something else than a message that is told of while the page is not looked at; `id`: of the conversation that it opens. */
export function notify(title: string, id: string): void {
  if (document.hidden && isOn()) show(title, '', id).catch(() => undefined)
}

/** By the service worker where there is one: it hears the press also when this page is gone, and some browsers know no other way. */
async function show(title: string, body: string, id: string): Promise<void> {
  const options: NotificationOptions = { body, tag: id, icon: '/icon.svg', data: noticeOf(id) }
  const registration = await navigator.serviceWorker?.getRegistration()
  if (registration?.active) {
    await registration.showNotification(title, options)
    return
  }
  const shown = new Notification(title, options)
  shown.addEventListener('click', () => {
    window.focus()
    go('with', id)
    shown.close()
  })
}
