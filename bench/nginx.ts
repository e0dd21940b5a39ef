// nginx as the peer that serves the same file over HTTPS.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { throwawayCertificate } from '@doorpost/peer/node/certificate'
import { freePort } from '../scripts/free-port.ts'

/** nginx as a distribution configures it for files, serving those in `folder`: sendfile where TLS lets it, TLS 1.3, h2. */
export async function startNginx(program: string, folder: string): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort()
  const { keyPem, certificatePem } = await throwawayCertificate(Date.now())
  await writeFile(join(folder, 'key.pem'), keyPem)
  await writeFile(join(folder, 'certificate.pem'), certificatePem)
  const configuration = `user ${process.getuid?.() === 0 ? 'root' : 'nobody'};
worker_processes auto; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 64; }
http {
  access_log off; sendfile on; tcp_nopush on;
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem; ssl_protocols TLSv1.3;
    root ${folder};
  }
}`
  await writeFile(join(folder, 'nginx.conf'), configuration)
  const child = spawn(program, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'nginx.log')], {
    stdio: 'inherit',
  })
  const gone = once(child, 'exit')
  while (!existsSync(join(folder, 'nginx.pid')))
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 20))])
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      await gone
    },
  }
}
