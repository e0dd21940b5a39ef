// Links that let somebody register: `https://example.org/join#TOKEN`. The token stands in the fragment, which browsers
// keep from servers and their logs. Pure.

/** 128 bits, base64url. */
const TOKEN = /^[A-Za-z0-9_-]{22}$/

/** A link for one registration, at a server's origin. */
export function registrationLink(origin: string, token: string): string {
  return `${origin}/join#${token}`
}

/** What stands before the name in `doorpost join`: a server, or a link that names one and carries a token. */
export function readJoinTarget(text: string): { server: string; invitation?: string } {
  const hash = text.indexOf('#')
  if (hash < 0) return { server: text.replace(/\/(join)?\/?$/, '') }
  const server = text.slice(0, hash).replace(/\/[a-z]*\/?$/, '')
  const token = text.slice(hash + 1).split(/[.?&/]/)[0] ?? ''
  return TOKEN.test(token) ? { server, invitation: token } : { server }
}
