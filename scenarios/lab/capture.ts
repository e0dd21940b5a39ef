// What is on the wire at one place, by tcpdump: which addresses its packets come from and go to.

import { startCommand } from './program.ts'
import type { Place } from '../stage.ts'

export interface Capture extends AsyncDisposable {
  /** Ends it; every packet seen, a line each: `IP 203.0.113.20.443 > 192.168.1.2.5000: tcp 12`. */
  end(): Promise<readonly string[]>
}

/** Begins at once, on every interface of the place. ARP is left out: only neighbours on one cable hear that. */
export async function startCapture(place: Place): Promise<Capture> {
  const tcpdump = ['tcpdump', '-nn', '-q', '-t', '-l', '--immediate-mode', '-i', 'any', 'ip or ip6']
  const running = await startCommand(place, tcpdump)
  return {
    async end() {
      await running[Symbol.asyncDispose]()
      return running.lines.filter((line) => / > /.test(line))
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/** Whether any of these packets came from that IPv4 address, went to it, or speaks of it. */
export function speaksOf(packets: readonly string[], address: string): boolean {
  const written = new RegExp(`(^|[^0-9.])${address.replaceAll('.', '\\.')}($|[^0-9])`)
  return packets.some((packet) => written.test(packet))
}
