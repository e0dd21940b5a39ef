// The server's origin as a device dials it and signs it when it logs in: https, or http to this very machine.

/** Undefined for what is no origin, or not safe to log in at. `localhost:8025` is http, `example.org` is https. */
export function parseOrigin(text: string): string | undefined {
  const written = text.trim()
  const scheme = /^(https?):\/\//i.exec(written)?.[1]?.toLowerCase()
  const rest = scheme === undefined ? written : written.slice(`${scheme}://`.length)
  const plain = URL.parse(`http://${rest}`)
  if (!plain || rest.includes('://') || /[/?#@\\]/.test(rest.replace(/\/$/, ''))) return undefined
  const isLocal = isLoopback(plain.hostname)
  if (scheme === 'http' || (scheme === undefined && isLocal)) return isLocal ? plain.origin : undefined
  return URL.parse(`https://${rest}`)?.origin
}

/** Names and addresses that cannot leave this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
