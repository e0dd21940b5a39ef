// Writes the NAT matrix as a table for people: rows are where the sender sits, columns where the recipient does.

import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { PathKind } from '@doorpost/peer/paths/path'
import { SITE_KINDS, type SiteKind } from './site-kind.ts'

export interface Measured {
  readonly sender: SiteKind
  readonly recipient: SiteKind
  readonly path: PathKind
  readonly expected: PathKind
  readonly firstPieceMs: number
}

const FILE = fileURLToPath(new URL('../../docs/nat-matrix.md', import.meta.url))

export async function writeMatrix(measured: readonly Measured[]): Promise<void> {
  const cell = (sender: SiteKind, recipient: SiteKind) => {
    const found = measured.find((one) => one.sender === sender && one.recipient === recipient)
    return found === undefined ? '' : `${found.path}, ${(found.firstPieceMs / 1000).toFixed(1)} s`
  }
  const rows = SITE_KINDS.map(
    (sender) => `| **${sender}** | ${SITE_KINDS.map((recipient) => cell(sender, recipient)).join(' | ')} |`,
  )
  const [cpu] = cpus()
  await writeFile(
    FILE,
    `# Which path carries a film between two networks

Written by \`npm run scenario -- nat-matrix\`: in a network of Linux namespaces, with routers made of nftables, a film of 8 MiB is sent and
fetched between every two kinds of sites. Rows are where the sender sits, columns where the recipient does. Each cell names the
path that carried the bytes, and the time from asking for the film to its first verified piece.

| from \\ to | ${SITE_KINDS.join(' | ')} |
|---|${SITE_KINDS.map(() => '---|').join('')}
${rows.join('\n')}

- **public**: no router, an address of its own in the open.
- **cone**: a router that hands on whatever comes to its mapping (full cone).
- **restricted**: the same mapping for everybody, and only who was sent to first may answer (port restricted).
- **symmetric**: another mapping for each destination.
- **udp-blocked**: TCP goes out, UDP does not.
- **server-only**: nothing but TCP to the server.
- **proxy-only**: nothing but TCP to an HTTP proxy, named by HTTPS_PROXY.

Who fetches dials; where that does not open and it listens in the open itself, it asks to be dialled. So \`direct\` needs one side in the
open and another that TCP may leave. \`webrtc\` needs UDP on both sides, and no symmetric router opposite a restricted or symmetric one.
Everything else goes through the server's tunnel, as ciphertext.

Measured on ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), all devices and the server on this one machine.
`,
  )
}
