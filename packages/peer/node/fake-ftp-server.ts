// An FTP server of one file, for tests: as much of RFC 959, 2428 and 3659 as reading from any byte on takes.

import { createServer, type Socket } from 'node:net'

export interface FakeFtpServer extends AsyncDisposable {
  readonly port: number
  bytes: Uint8Array
  /** What was asked, in order. */
  readonly asked: string[]
  /** Answers passive requests with this address instead of its own. */
  pointsTo: string | undefined
}

export async function openFakeFtpServer(bytes: Uint8Array): Promise<FakeFtpServer> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    return socket
  }
  const server = createServer((control) => {
    keep(control).write('220 here\r\n')
    let from = 0
    let open: Socket | undefined
    let whenOpen = () => {}
    const say = (line: string) => void control.write(`${line}\r\n`)
    const retrieve = () => {
      if (!open) return void (whenOpen = retrieve)
      open.end(fake.bytes.subarray(from), () => say('226 done'))
    }
    const passive = (answer: (port: number) => string) => {
      open = undefined
      const data = createServer((socket) => {
        open = keep(socket)
        data.close()
        whenOpen()
      })
      data.listen(0, '127.0.0.1', () => say(answer((data.address() as { port: number }).port)))
    }
    const answers: Record<string, (rest: string) => void> = {
      USER: () => say('331 password'),
      PASS: () => say('230 in'),
      TYPE: () => say('200 ok'),
      SIZE: (name) => say(name === '/films/a.mov' ? `213 ${fake.bytes.length}` : '550 no such file'),
      MDTM: () => say('213 20260503140200'),
      EPSV: () => (fake.pointsTo === undefined ? passive((port) => `229 Entering (|||${port}|)`) : say('502 not here')),
      PASV: () =>
        passive(
          (port) => `227 Entering (${(fake.pointsTo ?? '127.0.0.1').replaceAll('.', ',')},${port >> 8},${port & 255})`,
        ),
      REST(rest) {
        from = Number(rest)
        say('350 from there')
      },
      RETR() {
        say('150 coming')
        retrieve()
      },
      QUIT: () => control.end('221 bye\r\n'),
    }
    let text = ''
    control.on('data', (chunk) => {
      text += chunk.toString()
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        asked.push(line)
        const verb = line.split(' ')[0] ?? ''
        const rest = line.slice(line.indexOf(' ') + 1)
        ;(answers[verb.toUpperCase()] ?? (() => say('502 not here')))(rest)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeFtpServer = {
    port: (server.address() as { port: number }).port,
    bytes,
    asked,
    pointsTo: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}
