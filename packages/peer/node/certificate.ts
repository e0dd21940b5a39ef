// A throwaway certificate for one start of a listener. It carries no name and proves nothing: TLS needs one, and who is at the other
// end is proved inside, by device keys over the exporter (direct-proof.ts). Written out by hand, because the libraries that do it take
// 150 ms to load and want a polyfill in every process, for 250 bytes that nobody reads.

import { generateKeyPair, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { concat, utf8 } from '@doorpost/protocol/bytes'

/** How long it is valid, ms: longer than any listener runs; callers do not look. */
const VALID_MS = 365 * 24 * 3600_000
/** Clocks of devices differ, so it began a while ago, ms. */
const BEGUN_MS = 3600_000

// X.690 tags, and object identifiers in their encoded form (RFC 5280, RFC 5758).
const INTEGER = 0x02
const BIT_STRING = 0x03
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const SEQUENCE = 0x30
const SET = 0x31
const ECDSA_WITH_SHA256 = Uint8Array.of(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)
const COMMON_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03)

export type Certificate = { keyPem: string; certificatePem: string }

/** A new ECDSA P-256 key and a self-signed X.509 certificate for it (RFC 5280 section 4.1), made anew each time. */
export async function throwawayCertificate(nowMs: number): Promise<Certificate> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256)
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, utf8('throwaway')))))
  const serial = randomBytes(8)
  // A positive number of full length.
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40
  const toBeSigned = der(
    SEQUENCE,
    der(INTEGER, serial),
    algorithm,
    name,
    der(SEQUENCE, utcTime(nowMs - BEGUN_MS), utcTime(nowMs + VALID_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, Uint8Array.of(0), signature))
  const base64 = Buffer.from(certificate).toString('base64')
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}

function der(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const content = concat(...contents)
  const { length } = content
  const header =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return concat(Uint8Array.from(header), content)
}

/** YYMMDDhhmmssZ. */
function utcTime(ms: number): Uint8Array {
  return der(UTC_TIME, utf8(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))
}
