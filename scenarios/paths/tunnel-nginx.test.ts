// The tunnel with nginx in front of the server, as it is set up where nobody thought of streams: request bodies are collected,
// and have 1 MiB at most.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Source } from '@doorpost/peer/paths/path'
import { expect, test } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { needs } from '../../scripts/needs.ts'
import { befriend, MESSAGE_ID, openTunnelStage } from './tunnel-stage.ts'

const nginx = needs('nginx')
const MiB = 1024 * 1024

/** nginx in the foreground, in front of `serverPort`. */
async function startNginx(port: number, serverPort: number): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-nginx-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  const configuration = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events { worker_connections 256; }
http {
  access_log off; ${temporary.join(' ')}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${serverPort};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}`
  await writeFile(join(folder, 'nginx.conf'), configuration)
  const child = spawn(nginx.path, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'log')], { stdio: 'ignore' })
  const gone = once(child, 'exit')
  for (let isUp = false; !isUp; ) {
    if (child.exitCode !== null) throw new Error('nginx does not start')
    isUp = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
  return async () => {
    child.kill('SIGTERM')
    await gone
    await rm(folder, { recursive: true, force: true })
  }
}

test.skipIf(nginx.missing)(
  `[TUN29] behind a proxy that collects and bounds bodies answers go in parts${nginx.reason}`,
  async () => {
    const port = await freePort()
    await using stage = await openTunnelStage({ dialled: `http://127.0.0.1:${port}` })
    const stopNginx = await startNginx(port, stage.server.port)
    try {
      const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
      await befriend(alice, bob)
      await stage.message(alice, [bob])
      const source: Source = {
        list: async () => ({ state: 'here', list: new Uint8Array(32) }),
        piece: async (_caller, _media, index) => ({
          state: 'here',
          bytes: new Uint8Array(MiB).fill(index + 1),
          release: () => {},
        }),
        have: async () => ({ state: 'here', have: Uint8Array.of(0xff) }),
        claim: async () => ({ state: 'here', pieces: [] }),
      }
      const sent: string[] = []
      const { nodeHttp } = alice
      await alice.serve(source, {
        ...nodeHttp,
        answer(id) {
          sent.push(id)
          return nodeHttp.answer(id)
        },
      })
      const path = await bob.open(alice, bob.nodeHttp)
      const media = { messageId: MESSAGE_ID, root: new Uint8Array(32) }
      const { signal } = new AbortController()
      const pieces = Array.from({ length: 8 }, (_, index) =>
        path.piece(media, { index, length: MiB }, ({ length }) => new Uint8Array(length), signal),
      )
      for (const [index, answer] of (await Promise.all(pieces)).entries()) {
        expect(answer.state).toBe('here')
        if (answer.state === 'here') expect(Buffer.alloc(MiB, index + 1).equals(answer.bytes)).toBe(true)
      }
      // The first try streamed, and was refused by the proxy alone; the same request was answered again.
      expect(sent).toEqual([sent[0], sent[0]])
      path.close()
    } finally {
      await stopNginx()
    }
  },
)
