// What links say to the page they open: an invitation of somebody (`/i#v1.…`), one of whoever runs the server (`/join#v1.…`), or one of
// another device of one's own (`/link#v1.…`). Pure. Whether a link is whole and true is the device's business.

export type Arrival =
  /** `from`: the address that the link claims. */
  | { readonly kind: 'contact'; readonly link: string; readonly from: string }
  | { readonly kind: 'registration'; readonly link: string }
  | { readonly kind: 'device'; readonly link: string }

/** Undefined for any other page. `address`: of the page, whole. */
export function readArrival(address: string): Arrival | undefined {
  const { pathname, hash } = new URL(address)
  const link = address
  if (pathname === '/i') {
    const [, written] = /^#v1\.([^#\s]{3,400})\.[\w-]{43}\.[\w-]{22}$/.exec(hash) ?? []
    if (written === undefined) return undefined
    // Brackets of an IPv6 address are escaped in a fragment (protocol/invitation-link.ts).
    return { kind: 'contact', link, from: written.replace('%5B', '[').replace('%5D', ']') }
  }
  if (pathname === '/join' && /^#v1\.[\w-]{22}$/.test(hash)) return { kind: 'registration', link }
  if (pathname === '/link' && /^#v1\.[0-9A-Za-z-]{28,40}$/.test(hash)) return { kind: 'device', link }
  return undefined
}
