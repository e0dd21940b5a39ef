// Header fields, the same for all doors: syntax (RFC 9110 section 5), repetition, and the few whose repetition is an attack.

export interface Refusal {
  readonly status: number
  readonly detail: string
}

/** RFC 9110 section 5.6.2. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 section 5.5: visible characters, space, tab and obs-text; nothing that ends a line. */
export const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** RFC 3986 host with an optional port. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(:[0-9]{0,5})?$/

/** Two of these would let two readers of one request disagree on where it ends, whom it is for or who sent it. */
const SINGLE = new Set(['content-length', 'host', 'authorization'])

/** Adds one field to `fields`; a refusal when it may not stand there. `name` in lower case, `value` without outer spaces. */
export function addField(fields: Map<string, string>, name: string, value: string): Refusal | undefined {
  const before = fields.get(name)
  if (before === undefined) {
    fields.set(name, value)
    return undefined
  }
  if (SINGLE.has(name)) return { status: 400, detail: `The field ${name} may be given once only.` }
  fields.set(name, `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
  return undefined
}

export function isHost(value: string): boolean {
  return HOST.test(value)
}

/** The members of a comma-separated list of tokens, in lower case (RFC 9110 section 5.6.1). */
export function listOfTokens(value: string | undefined): string[] {
  if (value === undefined) return []
  return value
    .toLowerCase()
    .split(',')
    .map(trimOws)
    .filter((token) => token !== '')
}

/** Without the spaces and tabs around it (OWS, RFC 9110 section 5.6.3); String.trim would take more. */
export function trimOws(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isOws(value.charCodeAt(start))) start++
  while (end > start && isOws(value.charCodeAt(end - 1))) end--
  return start === 0 && end === value.length ? value : value.slice(start, end)
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09
}
