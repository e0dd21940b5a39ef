// Standard output for bytes that the device sends: a socket that it connects to, in a private folder, passed on as fast as whoever
// reads us reads.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'

export interface StreamOut extends AsyncDisposable {
  /** Where the device connects to, once. */
  readonly socket: string
}

/** `out` is written to and never ended. That it was closed by its reader ends the socket. */
export async function openStreamOut(out: Writable): Promise<StreamOut> {
  const folder = process.platform === 'win32' ? undefined : await mkdtemp(join(tmpdir(), 'doorpost-out-'))
  const socket =
    folder === undefined ? `\\\\.\\pipe\\doorpost-out-${randomBytes(16).toString('hex')}` : join(folder, 'out')
  const open = new Set<Socket>()
  // Half open: what is still on its way to the reader goes there after the device has sent everything.
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    server.close()
    open.add(connection)
    connection.once('close', () => open.delete(connection))
    void pass(connection, out)
  })
  server.listen(socket)
  await once(server, 'listening')
  return {
    socket,
    async [Symbol.asyncDispose]() {
      for (const connection of open) connection.destroy()
      server.close()
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function pass(connection: Socket, out: Writable): Promise<void> {
  const gone = new AbortController()
  connection.once('close', () => gone.abort())
  const closed = () => connection.destroy()
  out.once('close', closed).once('error', closed)
  try {
    for await (const chunk of connection) {
      if (!out.write(chunk)) await once(out, 'drain', { signal: gone.signal })
    }
    // Everything is with whoever reads, or with the system on its way there.
    await new Promise((resolve) => out.write('', resolve))
    connection.end()
  } catch {
    // Either end has gone: the device hears of it by the socket.
    connection.destroy()
  } finally {
    out.off('close', closed).off('error', closed)
  }
}
