// By which names a server on loopback answers. A page from elsewhere can let its own name lead to this machine (DNS
// rebinding); its browser then takes the server for the page's own, and on loopback anybody may register. A name that is
// not ours gives that away. IP addresses cannot be rebound. Behind TLS the certificate does this work.

import ipaddr from 'ipaddr.js'

export function ownHosts(domain: string, origins: readonly string[]): (host: string | undefined) => boolean {
  const names = new Set(['localhost', hostnameOf(domain), ...origins.map((origin) => new URL(origin).hostname)])
  return (host) => {
    // HTTP/1.0 and sessions have none; a session's Origin was looked at when it opened.
    if (host === undefined) return true
    const name = hostnameOf(host).toLowerCase()
    // RFC 6761 section 6.3: whatever ends in .localhost is this machine.
    return names.has(name) || name.endsWith('.localhost') || ipaddr.isValid(name.replace(/^\[|\]$/g, ''))
  }
}

function hostnameOf(host: string): string {
  return host.replace(/:[0-9]*$/, '')
}
