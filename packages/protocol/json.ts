// JSON that comes from outside, before a schema looks at it.

/** Undefined, which no JSON says, for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // JSON.parse has one way to fail: what it was given.
    return undefined
  }
}
