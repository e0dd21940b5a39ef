// Figures for Prometheus, in a registry of their own. What they count stands in the help texts; nothing here names a user.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Storage } from './storage/storage.ts'

export interface Metrics {
  readonly messagesAccepted: Counter
  /** Labelled `how`: push or retrieve. */
  readonly messagesDelivered: Counter
  readonly messageBytes: Counter<'direction'>
  readonly tunnelBytes: Counter
  readonly liveRelayBytes: Counter
  /** Labelled `what`: relayed or skipped. */
  readonly liveFrames: Counter<'what'>
  readonly webBytes: Counter
  readonly logins: Counter
  readonly refusals: Counter<'code'>
  readonly requests: Counter<'method' | 'door'>
  readonly storageSeconds: Histogram<'operation'>
  /** Text exposition format, and its content type. */
  text(): Promise<{ readonly body: string; readonly type: string }>
  /** What a figure says now, all its labels together; 0 where there is none. */
  value(name: string): Promise<number>
  /** Registers figures that are read when somebody asks. */
  observe(name: string, help: string, read: () => number | Promise<number>): void
}

export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  return {
    messagesAccepted: counter('doorpost_messages_accepted_total', 'Messages that SEND answered 202.'),
    messagesDelivered: counter('doorpost_messages_delivered_total', 'Copies that a device confirmed by REMOVE.'),
    messageBytes: new Counter({
      name: 'doorpost_message_bytes_total',
      help: 'Bytes of bodies of mail requests and answers: envelopes, listings and what is around them.',
      labelNames: ['direction'] as const,
      registers,
    }),
    tunnelBytes: counter('doorpost_tunnel_bytes_total', 'Bytes of requests and answers handed through the tunnel.'),
    liveRelayBytes: counter('doorpost_live_relay_bytes_total', 'Bytes of frames relayed to viewers.'),
    webBytes: counter('doorpost_web_bytes_total', 'Bytes of files of the web app.'),
    liveFrames: new Counter({
      name: 'doorpost_live_frames_total',
      help: 'Frames sent to viewers, and frames that a viewer skipped.',
      labelNames: ['what'] as const,
      registers,
    }),
    logins: counter('doorpost_logins_total', 'Logins granted.'),
    refusals: new Counter({
      name: 'doorpost_refusals_total',
      help: 'Requests refused, by the code of the problem document.',
      labelNames: ['code'] as const,
      registers,
    }),
    requests: new Counter({
      name: 'doorpost_requests_total',
      help: 'Requests that reached the handler table, by method (unknown ones as other) and door.',
      labelNames: ['method', 'door'] as const,
      registers,
    }),
    storageSeconds: new Histogram({
      name: 'doorpost_storage_seconds',
      help: 'Time until the storage answered, by operation.',
      labelNames: ['operation'] as const,
      // 0.1 ms (a read from the page cache) to 3 s (a disk in trouble).
      buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
      registers,
    }),
    async text() {
      return { body: await registry.metrics(), type: registry.contentType }
    },
    async value(name) {
      const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {}
      return values.reduce((all, { value }) => all + value, 0)
    },
    observe(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
  }
}

/** The same storage, with every operation timed. */
export function timed(storage: Storage, { storageSeconds }: Pick<Metrics, 'storageSeconds'>): Storage {
  const timedRoom = <Room extends object>(room: Room, name: string): Room => {
    /** Made once an operation: this is under every request. */
    const made = new Map<string | symbol, unknown>()
    return new Proxy(room, {
      get(target, property) {
        if (typeof Reflect.get(target, property) !== 'function') return Reflect.get(target, property) as unknown
        const labels = { operation: `${name}.${String(property)}` }
        const operation =
          made.get(property) ??
          (async (...given: unknown[]): Promise<unknown> => {
            const end = storageSeconds.startTimer(labels)
            try {
              const operate = Reflect.get(target, property) as (...given: unknown[]) => Promise<unknown>
              return await Reflect.apply(operate, target, given)
            } finally {
              end()
            }
          })
        made.set(property, operation)
        return operation
      },
    })
  }
  return {
    accounts: timedRoom(storage.accounts, 'accounts'),
    contacts: timedRoom(storage.contacts, 'contacts'),
    invitations: timedRoom(storage.invitations, 'invitations'),
    logins: timedRoom(storage.logins, 'logins'),
    mail: timedRoom(storage.mail, 'mail'),
    preferences: timedRoom(storage.preferences, 'preferences'),
    grants: timedRoom(storage.grants, 'grants'),
    figures: timedRoom(storage.figures, 'figures'),
    limits: timedRoom(storage.limits, 'limits'),
    tunnelDays: timedRoom(storage.tunnelDays, 'tunnelDays'),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
}
