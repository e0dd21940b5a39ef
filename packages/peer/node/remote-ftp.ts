// Reads a file over FTP, anonymously, from any byte on (RFC 3659, REST). One connection a stream: FTP has no way to end a transfer
// and go on that all servers know.

import { PassThrough } from 'node:stream'
import { Client } from 'basic-ftp'
import { nameOf, type RemoteAddress, shownAddress } from '../send/remote-address.ts'
import { HostRefused, openAddresses } from './remote-host.ts'
import { REMOTE_SILENCE_MS, RemoteFault, type RemoteStreams } from './remote-streams.ts'

/** RFC 959: the command port. */
const PORT_DEFAULT = 21
/** Bytes read ahead of whoever reads. */
const AHEAD_BYTES = 256 * 1024

export function openFtpStreams(address: RemoteAddress): RemoteStreams {
  const { url, allowPrivate } = address
  const shown = shownAddress(address)
  const path = pathOf(address)
  const open = new Set<Client>()

  async function connect(): Promise<Client> {
    if (path === undefined) throw new RemoteFault('refused', `${shown} is no file that FTP can name.`)
    // Data connections go to the host of the command connection alone, wherever the server points.
    const client = new Client(REMOTE_SILENCE_MS, { allowSeparateTransferHost: false })
    open.add(client)
    try {
      const [{ address: host }] = await openAddresses(url.hostname, allowPrivate)
      await client.access({ host, port: Number(url.port) || PORT_DEFAULT, user: 'anonymous', password: 'doorpost@' })
      return client
    } catch (error) {
      close(client)
      if (error instanceof HostRefused) throw new RemoteFault('refused', `${error.message}.`, error)
      throw new RemoteFault('away', `${shown} cannot be reached.`, error)
    }
  }
  const close = (client: Client) => {
    open.delete(client)
    client.close()
  }

  return {
    async look() {
      const client = await connect()
      try {
        const sizeBytes = await client.size(path ?? '')
        if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new Error(`a size of ${sizeBytes}`)
        // Not every server tells it.
        const changed = await client.lastMod(path ?? '').catch(() => undefined)
        return { sizeBytes, changedAtMs: changed?.getTime() ?? 0, edition: '' }
      } catch (error) {
        throw new RemoteFault('away', `There is no ${nameOf(address)} at ${url.host}.`, error)
      } finally {
        close(client)
      }
    },
    async from(offset) {
      const client = await connect()
      const bytes = new PassThrough({ highWaterMark: AHEAD_BYTES })
      bytes.on('close', () => close(client))
      client.downloadTo(bytes, path ?? '', offset).then(
        () => bytes.end(),
        (error: unknown) => bytes.destroy(error instanceof Error ? error : new Error(String(error))),
      )
      return bytes
    },
    close() {
      for (const client of [...open]) close(client)
    },
  }
}

/** Undefined where the name could be taken for commands. */
function pathOf({ url }: RemoteAddress): string | undefined {
  try {
    const path = decodeURIComponent(url.pathname)
    return /\p{Cc}/u.test(path) ? undefined : path
  } catch {
    return undefined
  }
}
