// Addresses: who a message is for. `alice`, `alice@example.org`, `alice@[2001:db8::1]:8025/laptop`.
// Whether such a user exists is the server's business; finding a device's network address is presence's.

import ipaddr from 'ipaddr.js'
import { utf8 } from './bytes.ts'

/** A parsed address. All parts are in canonical form: lower case, IPv6 compressed, no default port added. */
export interface Address {
  readonly user: string
  /** Host, host:port, IPv4 or [IPv6] with or without :port. Absent: "on my server". */
  readonly domain?: string
  /** One device of that user. Absent: all of them. */
  readonly device?: string
}

/** An address with its domain: what is stored, signed and compared, e.g. `alice@example.org:8025`. */
export type UserAddress = string & { readonly __brand: 'UserAddress' }
/** A user address and one device, e.g. `alice@example.org/laptop`. */
export type DeviceAddress = string & { readonly __brand: 'DeviceAddress' }

export type AddressFault = 'empty' | 'too-long' | 'bad-user' | 'bad-domain' | 'bad-port' | 'bad-device'

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: AddressFault }

/** Longest address taken, characters: 64 user + 1 + 255 domain (RFC 1035) + 6 port + 1 + 64 device. */
export const ADDRESS_LENGTH_MAX = 391

const userPattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/
// What URL parsers take for a number, and the host with it for an IPv4 address: 0x7f.1, 1.2.3.4.5 (WHATWG URL section 3.5).
const numberPattern = /^(?:[0-9]+|0x[0-9a-f]*)$/
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Parses any written form. Surrounding white space is the caller's to trim. */
export function parseAddress(text: string): Parsed<Address> {
  if (text === '') return fault('empty')
  if (text.length > ADDRESS_LENGTH_MAX) return fault('too-long')
  const slash = text.indexOf('/')
  const device = slash < 0 ? undefined : lower(text.slice(slash + 1))
  const rest = slash < 0 ? text : text.slice(0, slash)
  const at = rest.indexOf('@')
  const user = lower(at < 0 ? rest : rest.slice(0, at))
  if (!isUserName(user)) return fault('bad-user')
  if (device !== undefined && !isDeviceName(device)) return fault('bad-device')
  if (at < 0) return found({ user, ...(device !== undefined && { device }) })
  const domain = parseDomain(rest.slice(at + 1))
  if (!domain.ok) return domain
  return found({ user, domain: domain.value, ...(device !== undefined && { device }) })
}

/** Canonical form of a domain: host name (RFC 1123), IPv4, [IPv6], each with or without :port (1 to 65535). */
export function parseDomain(text: string): Parsed<string> {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::([0-9]+))?$/.exec(text)
  if (bracketed) {
    const [, host = '', port] = bracketed
    if (!ipaddr.IPv6.isValid(host)) return fault('bad-domain')
    return withPort(`[${ipaddr.IPv6.parse(host).toString()}]`, port)
  }
  const named = /^([^:]+)(?::([0-9]+))?$/.exec(text)
  if (!named) return fault('bad-domain')
  const [, written = '', port] = named
  const host = lower(written)
  if (/^[0-9.]+$/.test(host)) {
    // Four plain decimal numbers only: 0177.0.0.1 and 127.1 mean different hosts to different programs.
    if (!ipaddr.IPv4.isValidFourPartDecimal(host)) return fault('bad-domain')
    return withPort(host, port)
  }
  const labels = host.split('.')
  if (host.length > 253 || !labels.every((label) => labelPattern.test(label))) return fault('bad-domain')
  if (numberPattern.test(labels.at(-1) ?? '')) return fault('bad-domain')
  return withPort(host, port)
}

/** Writes an address; parseAddress(formatAddress(a)) is a. */
export function formatAddress(address: Address): string {
  const domain = address.domain === undefined ? '' : `@${address.domain}`
  const device = address.device === undefined ? '' : `/${address.device}`
  return `${address.user}${domain}${device}`
}

/** The user part of an address in full, taking `homeDomain` where none is written. */
export function userAddress(address: Address, homeDomain: string): UserAddress {
  return formatAddress({ user: address.user, domain: address.domain ?? homeDomain }) as UserAddress
}

/** The full address of a device; `device` must have passed isDeviceName. */
export function deviceAddress(user: UserAddress, device: string): DeviceAddress {
  return `${user}/${device}` as DeviceAddress
}

/** Splits a full device address; the input must have passed isDeviceAddress. */
export function splitDevice(address: DeviceAddress): { readonly user: UserAddress; readonly device: string } {
  const slash = address.indexOf('/')
  return { user: address.slice(0, slash) as UserAddress, device: address.slice(slash + 1) }
}

/** Whose device it is, or the user themselves; the input must have passed isUserAddress or isDeviceAddress. */
export function userOf(address: UserAddress | DeviceAddress): UserAddress {
  // No user's address has a slash.
  return address.split('/', 1)[0] as UserAddress
}

/** True for a full address in canonical form without a device. */
export function isUserAddress(text: string): text is UserAddress {
  const parsed = parseAddress(text)
  return (
    parsed.ok &&
    parsed.value.domain !== undefined &&
    parsed.value.device === undefined &&
    formatAddress(parsed.value) === text
  )
}

/** True for a full address in canonical form with a device. */
export function isDeviceAddress(text: string): text is DeviceAddress {
  const parsed = parseAddress(text)
  return (
    parsed.ok &&
    parsed.value.domain !== undefined &&
    parsed.value.device !== undefined &&
    formatAddress(parsed.value) === text
  )
}

/** 1 to 64 of a-z 0-9 . _ - beginning and ending with a letter or digit. */
export function isUserName(text: string): boolean {
  return userPattern.test(text)
}

/** As a user name. */
export function isDeviceName(text: string): boolean {
  return userPattern.test(text)
}

/**
 * Tells users from plain e-mail addresses. `mailto:` always means e-mail. Bare names, a device, a port, an IP address or
 * a one-label host can only mean a user; a local part that no user can have (plus signs, quotes) can only mean e-mail;
 * anything else is a user when its domain is among the Doorpost domains known to the caller.
 */
export function recipientKind(text: string, doorpostDomains: readonly string[]): 'user' | 'e-mail' | 'neither' {
  if (text.toLowerCase().startsWith('mailto:')) return looksLikeMail(text.slice(7)) ? 'e-mail' : 'neither'
  const parsed = parseAddress(text)
  if (!parsed.ok) return looksLikeMail(text) ? 'e-mail' : 'neither'
  const { domain, device } = parsed.value
  if (domain === undefined || device !== undefined || doorpostDomains.includes(domain)) return 'user'
  const onlyUsers = domain.includes(':') || domain.startsWith('[') || !domain.includes('.') || /^[0-9.]+$/.test(domain)
  return onlyUsers ? 'user' : 'e-mail'
}

function looksLikeMail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const domain = text.slice(at + 1)
  // RFC 5321 section 4.5.3.1: 64 octets of local part. Quoted local parts with spaces are left to the mail room.
  const isLocalPart = at > 0 && utf8(text.slice(0, at)).length <= 64 && !/[\s<>,;\p{Cc}]/u.test(text)
  // Mail goes to a host name: no port, and no address outside brackets (RFC 5321 section 4.1.3).
  return isLocalPart && !domain.includes(':') && !/^[0-9.]+$/.test(domain) && parseDomain(domain).ok
}

/** Lower case of ASCII alone: beyond it two letters can have one lower case (the Kelvin sign is a k). */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function withPort(host: string, port: string | undefined): Parsed<string> {
  if (port === undefined) return found(host)
  const number = Number(port)
  if (port.length > 5 || number < 1 || number > 65535) return fault('bad-port')
  return found(`${host}:${number}`)
}

function found<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

function fault(fault: AddressFault): { readonly ok: false; readonly fault: AddressFault } {
  return { ok: false, fault }
}
