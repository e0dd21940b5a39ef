// Whether an address leads somewhere on the reader's own computer alone, as that of a server does that was started to be tried. Pure.

/** Loopback by name or number (RFC 6761 section 6.3; what URL makes of every spelling of it). */
export function isOnlyHere(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { hostname } = new URL(address)
  return /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(hostname)
}
