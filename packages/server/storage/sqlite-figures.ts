// Figures of days, and limits set by the administrator, in SQLite.

import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import type { FigureStore, LimitStore } from './storage.ts'

export function sqliteFigures(db: Database, writes: Writes): FigureStore {
  const add = db.prepare<[number, string, number]>(
    `insert into figures (day, name, value) values (?, ?, ?)
     on conflict do update set value = value + excluded.value`,
  )
  const forget = db.prepare<[number]>('delete from figures where day < ?')
  const since = db.prepare<[number], { day: number; name: string; value: number }>(
    'select day, name, value from figures where day >= ? order by day, name',
  )
  return {
    add: (day, figures, keptFromDay) =>
      writes.run(() => {
        for (const [name, value] of Object.entries(figures)) add.run(day, name, value)
        forget.run(keptFromDay)
      }),
    async since(from) {
      const days = new Map<number, Record<string, number>>()
      for (const { day, name, value } of since.all(from)) days.set(day, { ...days.get(day), [name]: value })
      return [...days].map(([day, figures]) => ({ day, figures }))
    },
  }
}

export function sqliteLimits(db: Database, writes: Writes): LimitStore {
  const all = db.prepare<[], { name: string; value: number | string }>('select name, value from limits order by name')
  const put = db.prepare<[string, number | string]>('insert or replace into limits (name, value) values (?, ?)')
  const drop = db.prepare<[string]>('delete from limits where name = ?')
  return {
    all: async () => Object.fromEntries(all.all().map(({ name, value }) => [name, value])),
    change: (changes) =>
      writes.run(() => {
        for (const [name, value] of Object.entries(changes)) {
          if (value === null) drop.run(name)
          else put.run(name, value)
        }
      }),
  }
}
