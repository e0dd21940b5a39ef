// A bare HTTP/1.1 client for benchmarks: one keep-alive connection, one request at a time, no parsing beyond the status
// and the length. Node's own would cost the measured machine more than the server does.

import { once } from 'node:events'
import { connect } from 'node:net'

export interface HttpLine {
  send(envelope: string): Promise<number>
}

export async function connectHttp(origin: string, token: string): Promise<HttpLine> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  const head = `SEND /messages HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`
  let settle: ((status: number) => void) | undefined
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received)?.[1] ?? 0)
    if (received.length < end + 4 + length) return
    const status = Number(received.slice(9, 12))
    received = ''
    settle?.(status)
  })
  return {
    send(envelope) {
      const answered = new Promise<number>((resolve) => {
        settle = resolve
      })
      socket.write(`${head}Content-Length: ${envelope.length}\r\n\r\n${envelope}`)
      return answered
    },
  }
}
