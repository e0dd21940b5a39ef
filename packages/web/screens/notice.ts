// What a notification of a message says to the page when it is pressed, by way of the service worker. Pure; both bundles hold it.

/** With a notification, and told to the page. */
export interface Notice {
  readonly kind: 'open-conversation'
  /** Of the conversation. */
  readonly id: string
}

export function noticeOf(id: string): Notice {
  return { kind: 'open-conversation', id }
}

/** Where the page stands for it (route.ts). */
export function noticeHash({ id }: Notice): string {
  return `#/with/${encodeURIComponent(id)}`
}

/** Undefined: it is something else. */
export function readNotice(data: unknown): Notice | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { kind, id } = data as Partial<Record<keyof Notice, unknown>>
  return kind === 'open-conversation' && typeof id === 'string' && id !== '' ? { kind, id } : undefined
}
