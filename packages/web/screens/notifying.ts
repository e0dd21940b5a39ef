// Telling of new messages while the page is not looked at. The wish is this browser's own; the browser has the last word.

import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { Conversation } from '../device-connection.ts'
import { go } from '../route.ts'
import { nameOf } from './names.ts'

const KEPT_AS = 'doorpost-notify'

export function canNotify(): boolean {
  return 'Notification' in globalThis
}

const listeners = new Set<() => void>()

function isOn(): boolean {
  return canNotify() && Notification.permission === 'granted' && localStorage.getItem(KEPT_AS) === 'on'
}

export function useNotifying(): { on: boolean; refused: boolean; put(on: boolean): void } {
  const on = useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, isOn)
  return {
    on,
    refused: canNotify() && Notification.permission === 'denied',
    put(wanted) {
      void (async () => {
        if (wanted && Notification.permission === 'default') await Notification.requestPermission()
        localStorage.setItem(KEPT_AS, wanted ? 'on' : 'off')
        for (const listener of listeners) listener()
      })()
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

export function useNotifications(conversations: readonly Conversation[] | undefined, me: string): void {
  const before = useRef<ReadonlyMap<string, string>>(undefined)
  useEffect(() => {
    if (!conversations) return
    const was = before.current
    before.current = new Map(conversations.flatMap(({ id, last }) => (last ? [[id, last.id]] : [])))
    // What was there when the page opened is no news.
    if (!was || !document.hidden || !isOn()) return
    for (const { id, last } of news(was, conversations)) {
      if (!last) continue
      const body = last.line !== '' ? last.line : (last.media[0]?.name ?? '')
      void show(nameOf(last.from, me), body, id)
    }
  }, [conversations, me])
}

async function show(title: string, body: string, id: string): Promise<void> {
  const options: NotificationOptions = { body, tag: id, icon: '/icon.svg' }
  try {
    const shown = new Notification(title, options)
    shown.addEventListener('click', () => {
      window.focus()
      go('with', id)
      shown.close()
    })
  } catch {
    // Chromium on Android shows them through the service worker alone.
    const worker = await navigator.serviceWorker?.getRegistration()
    await worker?.showNotification(title, options)
  }
}
