// What a device tells its log. `event` is a stable word, the rest is plain data: ids, addresses, counts, codes. Never a
// title, a text, a file name, a key or a handle.

export interface DeviceEvent {
  readonly event: string
  readonly level: 'info' | 'warn'
  readonly [detail: string]: unknown
}

/** A fault nobody foresaw, as an event. */
export function faultEvent(where: string, error: unknown): DeviceEvent {
  const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown }
  return {
    event: 'fault',
    level: 'warn',
    where,
    name: String(name),
    message: String(message),
    code: String(code ?? ''),
  }
}
