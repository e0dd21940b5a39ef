// What a device tells its log. `event` is a stable word, the rest is plain data: ids, addresses, counts, codes. Never a
// title, a text, a file name, a key or a handle.

export interface DeviceEvent {
  readonly event: string
  readonly level: 'info' | 'warn'
  readonly [detail: string]: unknown
}

/** A fault nobody foresaw, as an event. */
export function faultEvent(where: string, error: unknown): DeviceEvent {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return { event: 'fault', level: 'warn', where, name, message, ...(typeof code === 'string' && { code }) }
}
