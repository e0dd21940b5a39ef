// Figures of days, and limits set by the administrator, in memory.

import type { FigureStore, LimitStore } from './storage.ts'

export function memoryFigures(): FigureStore {
  const days = new Map<number, Record<string, number>>()
  return {
    async add(day, figures, keptFromDay) {
      const now = { ...days.get(day) }
      for (const [name, value] of Object.entries(figures)) now[name] = (now[name] ?? 0) + value
      if (Object.keys(now).length > 0) days.set(day, now)
      for (const old of days.keys()) if (old < keptFromDay) days.delete(old)
    },
    since: async (from) =>
      [...days]
        .filter(([day]) => day >= from)
        .sort(([a], [b]) => a - b)
        .map(([day, figures]) => ({ day, figures: { ...figures } })),
  }
}

export function memoryLimits(): LimitStore {
  const limits = new Map<string, number | string>()
  return {
    all: async () => Object.fromEntries(limits),
    async change(changes) {
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) limits.delete(name)
        else limits.set(name, value)
      }
    },
  }
}
