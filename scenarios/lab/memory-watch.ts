// How much memory processes hold, looked at every so often, and whether it grows once they are warm.

import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 2_000

export interface MemoryWatch extends Disposable {
  /** From now on this process is looked at, until it ends. */
  add(name: string, pid: number): void
  /** Of each process that was there from `fromMs` on (of performance.now) until now: medians early and late, bytes. */
  growth(fromMs: number): { name: string; earlyBytes: number; lateBytes: number; samples: number }[]
}

export function watchMemory(): MemoryWatch {
  const processes = new Map<number, { name: string; samples: { atMs: number; bytes: number }[] }>()
  const timer = setInterval(() => {
    for (const [pid, { samples }] of processes) {
      const bytes = residentBytes(pid)
      if (bytes === undefined) processes.delete(pid)
      else samples.push({ atMs: performance.now(), bytes })
    }
  }, LOOK_EVERY_MS)
  return {
    add: (name, pid) => void processes.set(pid, { name, samples: [] }),
    growth(fromMs) {
      return [...processes.values()]
        .filter(({ samples: [first] }) => first !== undefined && first.atMs <= fromMs + LOOK_EVERY_MS)
        .map(({ name, samples }) => {
          const bytes = samples.filter(({ atMs }) => atMs >= fromMs).map((one) => one.bytes)
          const share = Math.max(1, Math.floor(bytes.length / 5))
          return {
            name,
            earlyBytes: median(bytes.slice(0, share)),
            lateBytes: median(bytes.slice(-share)),
            samples: bytes.length,
          }
        })
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function residentBytes(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    return undefined
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
