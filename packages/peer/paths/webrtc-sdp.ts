// SDP of a connection with one data channel and nothing else: the facts of our own read out, that of the other end written from facts.
// What comes from outside is never text that a native parser sees (RFC 8839, RFC 8841).

import {
  candidateSchema,
  descriptionSchema,
  type PathCandidate,
  type PathDescription,
} from '@doorpost/protocol/path-signal'

/** The facts of an SDP that this platform made. Throws when one is missing. */
export function readDescription(sdp: string): PathDescription {
  return descriptionSchema.parse({
    ufrag: attribute(sdp, 'ice-ufrag'),
    pwd: attribute(sdp, 'ice-pwd'),
    fingerprint: attribute(sdp, 'fingerprint')
      ?.replace(/^sha-256 /i, '')
      .toUpperCase(),
    // RFC 8841 section 6.1: without the attribute it is 64 KiB.
    messageBytesMax: Number(attribute(sdp, 'max-message-size') ?? 65_536),
  })
}

/** The other end's SDP. The one who answers opens DTLS, as everybody's does (RFC 8842 section 5.3). */
export function writeDescription(role: 'offer' | 'answer', description: PathDescription): string {
  const { ufrag, pwd, fingerprint, messageBytesMax } = description
  return [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=ice-options:ice2,trickle',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sctp-port:5000',
    `a=max-message-size:${messageBytesMax}`,
    `a=setup:${role === 'offer' ? 'actpass' : 'active'}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    '',
  ].join('\r\n')
}

/** Of a line that this platform made; undefined for those that are not told: TCP, other components, addresses that cannot be. */
export function readCandidate(line: string): PathCandidate | undefined {
  const [foundation = '', component, transport = '', priority, address = '', port, typ, kind] = line
    .replace(/^(?:a=)?candidate:/, '')
    .split(' ')
  if (component !== '1' || transport.toLowerCase() !== 'udp' || typ !== 'typ') return undefined
  const candidate = { foundation, priority: Number(priority), address: address.toLowerCase(), port: Number(port), kind }
  return candidateSchema.safeParse(candidate).data
}

/** As a line of SDP without `a=` (RFC 8839 section 5.1). */
export function writeCandidate({ foundation, priority, address, port, kind }: PathCandidate): string {
  // What a server saw stands beside what it was seen of; that is not told, and a zero address says so (RFC 8839 section 5.1).
  const related = kind === 'host' ? '' : ` raddr ${address.includes(':') ? '::' : '0.0.0.0'} rport 9`
  return `candidate:${foundation} 1 UDP ${priority} ${address} ${port} typ ${kind}${related}`
}

function attribute(sdp: string, name: string): string | undefined {
  return new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1]
}
