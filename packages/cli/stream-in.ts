// Standard input for a device that reads it: a socket that it connects to, in a private folder, given what comes as fast as the device
// takes it. The mirror image of stream-out.ts.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'

export interface StreamIn extends AsyncDisposable {
  /** Where the device connects to, once. */
  readonly socket: string
}

/** `input` is read when the device connects, and let go of when it is through. */
export async function openStreamIn(input: Readable): Promise<StreamIn> {
  const folder = process.platform === 'win32' ? undefined : await mkdtemp(join(tmpdir(), 'doorpost-in-'))
  const socket =
    folder === undefined ? `\\\\.\\pipe\\doorpost-in-${randomBytes(16).toString('hex')}` : join(folder, 'in')
  let taker: Socket | undefined
  const server = createServer((connection) => {
    server.close()
    taker = connection
    // A device that is through before the input is: nobody needs the rest.
    connection.on('error', () => {})
    connection.once('close', () => input.destroy())
    input.pipe(connection)
    input.once('error', () => connection.end())
  })
  server.listen(socket)
  await once(server, 'listening')
  return {
    socket,
    async [Symbol.asyncDispose]() {
      input.destroy()
      taker?.destroy()
      server.close()
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}
