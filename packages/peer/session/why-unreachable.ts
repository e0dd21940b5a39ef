// Why a server cannot be reached, where that is its certificate: whoever meets it can ask for it to be mended, and no waiting helps. Node tells;
// browsers tell pages nothing of it.

import { Trouble } from '../operations.ts'
import { unreachable } from './answer.ts'

const OVER = 'The certificate of the server has run out, so nothing is said to it.'
const UNTRUSTED = 'This machine does not trust the certificate of the server, so nothing is said to it.'
const RENEW = 'Ask whoever runs the server to renew it. It is tried again by itself.'
const TRUST = 'Check the address. Where the server has a certificate of its own making, name it in NODE_EXTRA_CA_CERTS.'

/** By the codes of Node (node:tls) and OpenSSL (X509_V_ERR_…). */
const told: Readonly<Record<string, { readonly says: string; readonly todo: string }>> = {
  CERT_HAS_EXPIRED: { says: OVER, todo: RENEW },
  CERT_NOT_YET_VALID: {
    says: 'The certificate of the server is not valid yet, so nothing is said to it.',
    todo: 'Check the clock of this machine; else ask whoever runs the server.',
  },
  CERT_REVOKED: { says: 'The certificate of the server was revoked, so nothing is said to it.', todo: RENEW },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    says: 'The certificate of the server is for another name, so nothing is said to it.',
    todo: 'Check the address, or ask whoever runs the server.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { says: UNTRUSTED, todo: TRUST },
  SELF_SIGNED_CERT_IN_CHAIN: { says: UNTRUSTED, todo: TRUST },
  UNABLE_TO_GET_ISSUER_CERT: { says: UNTRUSTED, todo: TRUST },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { says: UNTRUSTED, todo: TRUST },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { says: UNTRUSTED, todo: TRUST },
}

/** An error has few causes; one that goes round in a ring has no end. */
const CAUSES_MAX = 8

/** For an exchange that failed. */
export function unreachableBy(error: unknown): Trouble {
  const known = certificateTrouble(error)
  return known
    ? new Trouble('server-unreachable', known.says, { todo: known.todo, cause: error })
    : unreachable('The server cannot be reached.', error)
}

/** Undefined where it is no certificate. */
export function certificateTrouble(error: unknown): { readonly says: string; readonly todo: string } | undefined {
  let at = error
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth++) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && Object.hasOwn(told, code)) return told[code]
    at = at.cause
  }
  return undefined
}
