// As much of vitest as the contracts use, small enough for a page: it stands in its place in that build (build-page.ts).

type Task = () => unknown
const tests: { readonly name: string; readonly run: Task }[] = []

export function describe(_name: string, define: Task): void {
  define()
}

export function test(name: string, run: Task): void {
  tests.push({ name, run })
}

/** Runs what was defined, one after the other; answers a line for each that failed, and how many ran. */
export async function runAll(): Promise<{ ran: number; failed: string[] }> {
  const failed: string[] = []
  for (const { name, run } of tests) {
    try {
      await run()
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
  return { ran: tests.length, failed }
}

export function expect(found: unknown) {
  const check = (ok: boolean, what: string) => {
    if (!ok) throw new Error(`expected ${what}, found ${shown(found)}`)
  }
  const threw = (error: unknown, wanted: string | (abstract new (...args: never[]) => unknown)) => {
    const ok = typeof wanted === 'string' ? String(error).includes(wanted) : error instanceof wanted
    if (!ok) throw new Error(`expected a rejection of ${String(wanted)}, found ${String(error)}`)
  }
  return {
    toBe: (wanted: unknown) => check(Object.is(found, wanted), shown(wanted)),
    toEqual: (wanted: unknown) => check(isEqual(found, wanted), shown(wanted)),
    toBeUndefined: () => check(found === undefined, 'undefined'),
    toBeInstanceOf: (kind: abstract new (...args: never[]) => unknown) => check(found instanceof kind, kind.name),
    rejects: {
      async toThrow(wanted: string | (abstract new (...args: never[]) => unknown)) {
        const error = await Promise.resolve(found).then(
          () => undefined,
          (reason: unknown) => reason ?? new Error('rejected with nothing'),
        )
        if (error === undefined) throw new Error('expected a rejection, and it resolved')
        threw(error, wanted)
      },
    },
  }
}

function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (one.constructor !== other.constructor) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => isEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]))
  )
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 300)
}
