// What `doctor` may look at on Node.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import type { DoctorProbes } from '../doctor-probes.ts'
import type { UdpSocket } from '../paths/stun-client.ts'
import { explainUnreachable } from './explain-unreachable.ts'
import { proxyOf } from './https-proxy.ts'

export const nodeDoctorProbes: DoctorProbes = {
  get proxy() {
    const proxy = proxyOf(process.env)
    return proxy !== undefined && 'url' in proxy ? new URL(proxy.url).host : undefined
  },
  openUdp,
  explain: explainUnreachable,
  ownHosts: () =>
    Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).map(({ address }) => ipaddr.parse(address).toString()),
    ),
  async loadWebrtc() {
    await import('node-datachannel')
  },
}

async function openUdp(host: string): Promise<UdpSocket> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  // A port that nobody listens on is told by ICMP; here that is silence like any other.
  socket.on('error', () => {})
  socket.bind(0)
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    send: (bytes, to) => socket.send(bytes, to.port, to.host, () => {}),
    onMessage(listener) {
      socket.on('message', listener)
      return () => void socket.off('message', listener)
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}
