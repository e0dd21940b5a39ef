// Addresses of media that lie elsewhere: what is taken for one, and what its owner is shown of it. Reading is
// node/remote-file.ts's. Light: the command line asks here before anything is loaded.

/** Stands before an address whose host may lie in the user's own network, because the user said so. */
const PRIVATE = 'private+'

/** Longest address, characters: what servers take in a request line. */
const ADDRESS_LENGTH_MAX = 4000

export interface RemoteAddress {
  readonly url: URL
  readonly allowPrivate: boolean
}

/** Whether it is meant as one; it may still be malformed. */
export function isRemoteAddress(text: string): boolean {
  return /^(private\+)?(https?|ftp):\/\//i.test(text)
}

export function allowingPrivate(address: string): string {
  return address.startsWith(PRIVATE) ? address : PRIVATE + address
}

/** Undefined for what is no http, https or ftp address, is too long, or holds a user name or password. */
export function readRemoteAddress(text: string): RemoteAddress | undefined {
  const allowPrivate = text.startsWith(PRIVATE)
  const address = allowPrivate ? text.slice(PRIVATE.length) : text
  if (address.length > ADDRESS_LENGTH_MAX || !URL.canParse(address)) return undefined
  const url = new URL(address)
  if (!['http:', 'https:', 'ftp:'].includes(url.protocol) || url.hostname === '') return undefined
  if (url.username !== '' || url.password !== '') return undefined
  url.hash = ''
  return { url, allowPrivate }
}

/** The address without its query, which may hold a secret: what is shown and told. */
export function shownAddress({ url }: RemoteAddress): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** The last part of the path: what the file is called. */
export function nameOf({ url }: RemoteAddress): string {
  const last = url.pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last) || url.hostname
  } catch {
    // Not UTF-8 in percent encoding: as it stands.
    return last
  }
}
