// Splits a request target into path and query, the same for all doors (RFC 9112 section 3.2, RFC 3986).
// What passes here decodes without surprise: valid percent triplets, UTF-8, no control characters, no dot segments.

export interface Target {
  /** Still percent-encoded; begins with `/`. */
  readonly path: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
}

/** What callers send unencoded (WHATWG URL is wider than RFC 3986 here), without what ends a path or a line. */
const ORIGIN_FORM = /^\/[!$%&'()*+,\-./0-9:;=@A-Z[\]_a-z|~]*(\?[!$%&'()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~]*)?$/
const BAD_PERCENT = /%(?![0-9A-Fa-f]{2})/
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i
const CONTROL = /\p{Cc}/u

/** Reads an origin-form target; a string is the reason why it is none. */
export function parseTarget(target: string): Target | string {
  if (!ORIGIN_FORM.test(target)) return 'The request target must be a path that begins with / (origin-form).'
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  if (target.includes('%')) {
    if (BAD_PERCENT.test(target)) return 'The request target holds a broken percent-encoding.'
    const decoded = decodeOrUndefined(path)
    if (decoded === undefined) return 'The path of the request target is not UTF-8.'
    if (CONTROL.test(decoded)) return 'The path of the request target holds an encoded control character.'
  }
  if (path.includes('/.') || path.includes('%')) {
    if (DOT_SEGMENT.test(path)) return 'The path of the request target holds a dot segment.'
  }
  return { path, query: mark < 0 ? '' : target.slice(mark + 1) }
}

/** Splits absolute-form into authority and origin-form (RFC 9112 section 3.2.2); undefined when it is not http or https. */
export function splitAbsoluteForm(target: string): { authority: string; originForm: string } | undefined {
  const match = /^https?:\/\/([^/?#]+)(.*)$/i.exec(target)
  if (!match) return undefined
  const rest = match[2] ?? ''
  return { authority: match[1] ?? '', originForm: rest.startsWith('/') ? rest : `/${rest}` }
}

function decodeOrUndefined(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    // decodeURIComponent has one way to fail: bytes that are not UTF-8.
    return undefined
  }
}
