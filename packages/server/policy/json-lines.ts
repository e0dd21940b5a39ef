// Where in a JSON text a value stands, and where a text stops being JSON: JSON.parse says neither reliably, and an operator
// who is told "line 14" needs no more. For small files: values are read recursively.

export interface JsonLines {
  /** Line of the value at this path, from 1; of the nearest value around it where there is none. */
  lineOf(path: readonly string[]): number
  /** Line of the first thing that is no JSON; undefined when all is. */
  readonly faultLine: number | undefined
}

const SPACE = /[\t\n\r ]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

class NoJson extends Error {}

export function jsonLines(text: string): JsonLines {
  const positions = new Map<string, number>()
  let at = 0

  function take(pattern: RegExp): string {
    pattern.lastIndex = at
    const [found] = pattern.exec(text) ?? []
    if (found === undefined) throw new NoJson()
    at += found.length
    return found
  }

  function takeIf(character: string): boolean {
    take(SPACE)
    if (text[at] !== character) return false
    at++
    return true
  }

  function must(character: string): void {
    if (!takeIf(character)) throw new NoJson()
  }

  function value(path: readonly string[]): void {
    take(SPACE)
    positions.set(JSON.stringify(path), at)
    if (takeIf('{')) members(path)
    else if (takeIf('[')) elements(path)
    else if (text[at] === '"') take(STRING)
    else take(SCALAR)
  }

  function members(path: readonly string[]): void {
    if (takeIf('}')) return
    do {
      take(SPACE)
      const key = JSON.parse(take(STRING)) as string
      must(':')
      value([...path, key])
    } while (takeIf(','))
    must('}')
  }

  function elements(path: readonly string[]): void {
    if (takeIf(']')) return
    let index = 0
    do value([...path, String(index++)])
    while (takeIf(','))
    must(']')
  }

  const lineAt = (position: number) => text.slice(0, position).split('\n').length
  let faultLine: number | undefined
  try {
    value([])
    take(SPACE)
    if (at < text.length) throw new NoJson()
  } catch (error) {
    if (!(error instanceof NoJson)) throw error
    faultLine = lineAt(at)
  }
  return {
    faultLine,
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const position = positions.get(JSON.stringify(path.slice(0, length)))
        if (position !== undefined) return lineAt(position)
      }
      return 1
    },
  }
}
