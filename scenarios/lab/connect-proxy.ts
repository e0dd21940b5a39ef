// An HTTP proxy as companies have them: CONNECT to one allowed place (RFC 9110 section 9.3.6) and nothing else.
// `node connect-proxy.ts PORT HOST:PORT`.

import { createServer } from 'node:http'
import { connect } from 'node:net'

const [port = '', allowed = ''] = process.argv.slice(2)
const [host = '', hostPort = ''] = allowed.split(':')

const server = createServer((_, answer) => answer.writeHead(405).end())
server.on('connect', (request, near, head) => {
  if (request.url !== allowed) {
    near.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    return
  }
  const far = connect(Number(hostPort), host, () => {
    near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    far.write(head)
    near.pipe(far).pipe(near)
  })
  far.on('error', () => near.destroy())
  near.on('error', () => far.destroy())
})
server.listen(Number(port), () => process.stdout.write('ready\n'))
