import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { completeOf, type FoundNow, isUnfinished, lookAtFolder, namePattern, type WatchMemory } from './watch-state.ts'

const START_MS = Date.parse('2026-11-21T12:00:00.000Z')
const SETTLE_MS = 10_000
const rules = { settleMs: SETTLE_MS, matches: () => true }

function file(name: string, inode: number, sizeBytes: number, writtenMs: number, movedAtMs = writtenMs): FoundNow {
  const stamp = { sizeBytes, changedAtNs: BigInt(writtenMs) * 1_000_000n, identity: `1:${inode}` }
  return { name, path: `/drop/${name}`, stamp, movedAtMs }
}
/** Plays what lies there at each second, and answers at which one each name was complete; `busy` is asked each time. */
function play(
  scans: (second: number) => readonly FoundNow[],
  seconds: number,
  busy: (second: number) => ReadonlySet<string> | undefined = () => undefined,
) {
  let memory: WatchMemory = new Map()
  const done = new Set<string>()
  const complete: [string, number][] = []
  for (let second = 0; second <= seconds; second++) {
    const looked = lookAtFolder(memory, scans(second), done, START_MS + second * 1000, rules)
    memory = looked.memory
    for (const one of completeOf(looked.candidates, busy(second))) {
      done.add(one.edition)
      complete.push([one.file.name, second])
    }
  }
  return complete
}
const at = (second: number) => START_MS + second * 1000

describe('when a file is complete', () => {
  test('[ELS7] it stood still in size and date for the settle time; each write begins that anew', () => {
    const written = (second: number) => Math.min(second, 5)
    expect(play((second) => [file('a.mov', 1, written(second) + 1, at(written(second)))], 40)).toEqual([['a.mov', 15]])
  })

  test('[ELS7] open for writing it waits, however long it stands still', () => {
    const busy = (second: number) => new Set(second < 30 ? ['/drop/a.mov'] : [])
    expect(play(() => [file('a.mov', 1, 5, at(0))], 40, busy)).toEqual([['a.mov', 30]])
  })

  test('[ELS7] renamed into place it is complete at once; under an unfinished name it never is', () => {
    const scans = (second: number) => [file(second < 20 ? 'a.mov.part' : 'a.mov', 1, 5, at(Math.min(second, 19)))]
    expect(play(scans, 40)).toEqual([['a.mov', 20]])
    expect(
      play(() => [file('a.mov.part', 1, 5, at(0)), file('.hidden', 2, 5, at(0)), file('b.tmp', 3, 5, at(0))], 40),
    ).toEqual([])
    for (const name of ['A.PART', 'x.crdownload', 'y.mov~', '.DS_Store']) expect(isUnfinished(name)).toBe(true)
    for (const name of ['part.mov', 'tmp', 'a.parts']) expect(isUnfinished(name)).toBe(false)
  })

  test('[ELS7] written long ago and moved here it is complete at once, where it is known that nobody writes', () => {
    const old = () => [file('a.mov', 1, 5, at(-3600), at(0))]
    expect(play(old, 20, () => new Set())).toEqual([['a.mov', 0]])
    expect(play(old, 20, () => undefined)).toEqual([['a.mov', 10]])
  })

  test('[ELS7] an empty file is only begun', () => {
    expect(play((second) => [file('a.mov', 1, second < 30 ? 0 : 5, at(second < 30 ? 0 : 30))], 60)).toEqual([
      ['a.mov', 40],
    ])
  })

  test('[ELS8] every edition is sent once, never while it changes, in whatever order things happen', () => {
    const history = fc.array(fc.record({ grows: fc.boolean(), renames: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(history, (steps) => {
        let sizeBytes = 1
        let writtenMs = START_MS
        let changedAt = 0
        let name = 'a.mov'
        const states = steps.map(({ grows, renames }, second) => {
          if (grows) {
            sizeBytes++
            writtenMs = at(second)
            changedAt = second
          }
          if (renames) name = name === 'a.mov' ? 'b.mov' : 'a.mov'
          return { file: file(name, 1, sizeBytes, writtenMs, at(second)), changedAt }
        })
        const complete = play((second) => [states[second]?.file as FoundNow], steps.length - 1)
        const editions = complete.map(([, second]) => states[second]?.file.stamp.changedAtNs)
        expect(new Set(editions).size).toBe(editions.length)
        for (const [, second] of complete) expect(second - (states[second]?.changedAt ?? 0)).toBeGreaterThanOrEqual(10)
      }),
    )
  })

  test('[ELS9] a pattern is that of a shell, and nothing in it is an expression', () => {
    const matches = (pattern: string, name: string) => namePattern(pattern)(name)
    expect([matches('*.mov', 'FILM.MOV'), matches('*.mov', 'a.mov.txt'), matches('a?.mov', 'ab.mov')]).toEqual([
      true,
      false,
      true,
    ])
    expect([matches('a+(b).mov', 'a+(b).mov'), matches('[ab].mov', 'a.mov'), matches('.', 'x')]).toEqual([
      true,
      false,
      false,
    ])
  })
})
