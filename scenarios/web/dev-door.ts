// One port for the server and for Vite while the web app is developed: its pages may ask their own origin alone. The first lines of
// a request say whose it is; each connection carries one request, so that the next is looked at as well. For this machine only.

import { connect, createServer, type Server, type Socket } from 'node:net'

/** Longest head looked at, bytes: Node's own bound for headers. */
const HEAD_BYTES_MAX = 16 * 1024
/** What the server answers to GET besides the app's files. */
const OF_SERVER = /^\/(session|healthz|metrics)(\?|$)/

/** Ports on loopback. Listens when it resolves. */
export async function openDevDoor(port: number, serverPort: number, vitePort: number): Promise<Server> {
  const door = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    let head = Buffer.alloc(0)
    const listen = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0 && head.length < HEAD_BYTES_MAX) return
      socket.off('data', listen)
      socket.pause()
      if (end < 0) socket.destroy()
      else pass(socket, head.subarray(0, end).toString('latin1'), head.subarray(end), { serverPort, vitePort })
    }
    socket.on('data', listen)
  })
  await new Promise<void>((resolve, reject) => door.once('error', reject).listen(port, '127.0.0.1', resolve))
  return door
}

function pass(socket: Socket, head: string, rest: Buffer, ports: { serverPort: number; vitePort: number }): void {
  const [method, target = ''] = head.split(' ', 2)
  const isPage = (method === 'GET' || method === 'HEAD') && !OF_SERVER.test(target)
  const other = connect(isPage ? ports.vitePort : ports.serverPort, '127.0.0.1')
  const upgrades = /\r\nupgrade:/i.test(head)
  const last = upgrades ? head : `${head.replace(/\r\nconnection:[^\r]*/i, '')}\r\nConnection: close`
  other.on('error', () => socket.destroy())
  socket.on('close', () => other.destroy())
  other.write(last, 'latin1')
  other.write(rest)
  socket.pipe(other).pipe(socket)
}
