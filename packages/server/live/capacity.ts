// How much of this server's lines frames may use: what was reserved for viewers who were let in, what passes now, and whether one more
// picture may. Server connections for frames are counted here too. Without a clock of its own.

import type { LiveCapacity } from '@doorpost/protocol/live/control'
import { openSecond } from './line.ts'

/** Set by the operator; may change while running. */
export interface CapacityLimits {
  /** 0: peer to peer only. */
  readonly bytesPerSecond: number
  readonly connections: number
}

export interface Capacity {
  /** Reserves so much for this key, in place of what it had, or leaves that as it was. The total must stay below what there is. */
  reserve(key: object, bytesPerSecond: number): boolean
  release(key: object): void
  /** Whether a picture may be relayed now: only while less passes than there is, equal is too much. */
  mayRoute(nowMs: number): boolean
  /** Bytes that are relayed. */
  count(bytes: number, nowMs: number): void
  /** Counts a connection in; false: there are as many as there may be. */
  connect(): boolean
  disconnect(): void
  figures(nowMs: number): LiveCapacity
}

export function openCapacity(limits: () => CapacityLimits): Capacity {
  const reserved = new Map<object, number>()
  const passing = openSecond()
  let total = 0
  let connections = 0

  function release(key: object): void {
    total -= reserved.get(key) ?? 0
    reserved.delete(key)
  }

  return {
    reserve(key, bytesPerSecond) {
      const others = total - (reserved.get(key) ?? 0)
      const { bytesPerSecond: most } = limits()
      if (most === 0 || others + bytesPerSecond >= most) return false
      release(key)
      reserved.set(key, bytesPerSecond)
      total += bytesPerSecond
      return true
    },
    release,
    mayRoute: (nowMs) => passing.bytes(nowMs) < limits().bytesPerSecond,
    count: (bytes, nowMs) => passing.add(bytes, nowMs),
    connect() {
      if (connections >= limits().connections) return false
      connections++
      return true
    },
    disconnect() {
      connections--
    },
    figures: (nowMs) => ({
      bytesPerSecondMax: limits().bytesPerSecond,
      bytesPerSecond: Math.round(passing.bytes(nowMs)),
      reservedBytesPerSecond: total,
      connectionsMax: limits().connections,
      connections,
    }),
  }
}
