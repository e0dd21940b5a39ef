// What a platform lets `doctor` look at beside the server: UDP, the machine's own addresses, peer connections, a proxy.

import type { UdpSocket } from './paths/stun-client.ts'

export interface DoctorProbes {
  /** `host:port` of the proxy that requests to the server go through. Without its password. */
  readonly proxy: string | undefined
  /** A socket on any free port; of the family of this host (an IP address, or a name: IPv4). */
  openUdp(host: string): Promise<UdpSocket>
  /** Addresses of this machine's interfaces. */
  ownHosts(): readonly string[]
  /** Rejects with why there can be no peer connection. */
  loadWebrtc(): Promise<void>
  /** Why the server at this origin cannot be reached, where that can be found out: a sentence. Never rejects. */
  explain?(origin: string, signal: AbortSignal): Promise<string | undefined>
}
