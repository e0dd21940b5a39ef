// Status, header fields and body of an HTTP/1.1 answer that has come whole, or of the lines h2-exchange.ts shows for one.
// For looking at an exchange, not for serving: what is odd is left out, and nothing is trusted.

export interface WholeAnswer {
  readonly headers: Readonly<Record<string, string>>
  /** Parsed where it is JSON, else text; null where there is none. */
  readonly body: unknown
}

export function wholeAnswer(bytes: Uint8Array): WholeAnswer {
  const text = Buffer.from(bytes).toString('utf8')
  const end = /\r?\n\r?\n/.exec(text)
  const head = end === null ? text : text.slice(0, end.index)
  const rest = end === null ? '' : text.slice(end.index + end[0].length)
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':', 1)
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const body = headers['transfer-encoding'] === 'chunked' ? unchunked(rest) : rest
  return { headers, body: body === '' ? null : asJson(body) }
}

/** RFC 9112 section 7.1, where the text is ASCII; other text is shown with its chunk sizes off, and stays text. */
function unchunked(text: string): string {
  let left = text
  let body = ''
  for (;;) {
    const size = /^([0-9a-f]{1,8})[^\n]*\n/i.exec(left)
    if (size === null) return body
    const length = Number.parseInt(size[1] ?? '0', 16)
    if (length === 0) return body
    const begin = size[0].length
    body += left.slice(begin, begin + length)
    left = left.slice(begin + length).replace(/^\r?\n/, '')
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
