// Media that lies elsewhere, as a file to offer and to give out (send/media-file.ts): read by ranges where it lies, nothing is
// copied. Whoever reads on gets one long answer, whoever jumps gets answers of just that length. The remote vouches for nothing:
// every piece is compared with the list like one from a disk.

import type { Readable } from 'node:stream'
import type { FoundFile } from '../device-files.ts'
import { createInTurn } from '../in-turn.ts'
import { Trouble } from '../operations.ts'
import { type MediaFile, SourceAway, SourceChanged } from '../send/media-file.ts'
import { nameOf, type RemoteAddress, readRemoteAddress, shownAddress } from '../send/remote-address.ts'
import { openFtpStreams } from './remote-ftp.ts'
import { openHttpStreams } from './remote-http.ts'
import { RemoteFault, type RemoteStreams } from './remote-streams.ts'

/** Longest that one read may take, ms: a piece of 1 MiB at 20 kB/s. Whoever drips slower is away. */
const READ_MS = 60_000

function streamsOf(address: RemoteAddress): RemoteStreams {
  return address.url.protocol === 'ftp:' ? openFtpStreams(address) : openHttpStreams(address)
}

/** One address as a file to send. Throws Trouble `no-such-file` or `not-available`. */
export async function findRemote(given: string): Promise<FoundFile> {
  const address = readRemoteAddress(given)
  if (!address) {
    throw new Trouble('no-such-file', 'That is no address media can be given out from.', {
      todo: 'Give an http, https or ftp address without a user name or password in it.',
    })
  }
  const streams = streamsOf(address)
  try {
    const { sizeBytes } = await streams.look()
    return { given, path: given, name: nameOf(address), folder: [], sizeBytes }
  } catch (error) {
    if (!(error instanceof RemoteFault)) throw error
    const tryIt = 'See whether a browser on this machine gets it at that address.'
    const allow = 'If it is your own network, say so: --allow-private'
    const isPrivate = error.message.includes('private network')
    throw new Trouble(error.kind === 'refused' ? 'not-available' : 'no-such-file', error.message, {
      cause: error,
      todo: isPrivate ? allow : error.kind === 'refused' ? 'Fetch it to this machine, and send the file.' : tryIt,
    })
  } finally {
    streams.close()
  }
}

/** Opens it. Rejects SourceAway. */
export async function openRemoteFile(path: string): Promise<MediaFile> {
  const address = readRemoteAddress(path)
  if (!address) throw new SourceAway('the address')
  return await openStreams(shownAddress(address), streamsOf(address))
}

/** `readMs`: longest that one read may take. */
export async function openStreams(name: string, streams: RemoteStreams, readMs = READ_MS): Promise<MediaFile> {
  const asFault = (error: unknown): Error =>
    error instanceof RemoteFault && error.kind === 'changed' ? new SourceChanged(name) : new SourceAway(name, error)
  /** Ends whatever is under way after `readMs`, a question that is not answered yet included. */
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => streams.close(), readMs)
    try {
      return await work()
    } finally {
      clearTimeout(timer)
    }
  }
  const look = async () => {
    try {
      const { sizeBytes, changedAtMs, edition } = await streams.look()
      return { sizeBytes, changedAtNs: BigInt(changedAtMs) * 1_000_000n, identity: edition }
    } catch (error) {
      throw asFault(error)
    }
  }
  const stamp = () => within(look)
  let closed = false
  /** The answer that is being read, and where it stands. */
  let current: Reader | undefined
  /** Where the last read ended: one that begins there reads on. */
  let lastEnd = -1
  /** The remote is read in one line wherever that is possible. */
  const reads = createInTurn()
  const { sizeBytes } = await stamp().catch((error: unknown) => {
    streams.close()
    throw error
  })

  async function readNow(offset: number, into: Uint8Array): Promise<number> {
    const wanted = Math.min(into.length, Math.max(0, sizeBytes - offset))
    let filled = 0
    let tries = 0
    while (filled < wanted) {
      const at = offset + filled
      if (current?.at !== at) {
        current?.end()
        current = undefined
        // Bounded: each new answer must have brought something, but the first, which may have died while nobody read.
        if (++tries > 3) break
        const readsOn = at === lastEnd || (at === 0 && offset === 0)
        current = readerOf(await streams.from(at, readsOn ? undefined : wanted - filled), at)
      }
      const fresh = tries > 0
      const got = await current.read(into.subarray(filled, wanted)).catch((error: unknown) => {
        if (fresh) throw error
        return 0
      })
      if (got === 0) {
        current.end()
        current = undefined
      } else tries = 1
      filled += got
      lastEnd = offset + filled
    }
    return filled
  }

  async function read(offset: number, into: Uint8Array): Promise<number> {
    if (closed) throw new SourceAway(name, 'closed')
    try {
      return await within(() => readNow(offset, into))
    } catch (error) {
      current?.end()
      current = undefined
      throw asFault(error)
    }
  }

  const close = async () => {
    closed = true
    current?.end()
    current = undefined
    streams.close()
  }
  return {
    name,
    stamp,
    read: (offset, into) => reads.take(() => read(offset, into)),
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Reader {
  readonly at: number
  /** Fills what it can, at least a byte; 0 at the end. Rejects when the answer breaks. */
  read(into: Uint8Array): Promise<number>
  end(): void
}

function readerOf(stream: Readable, offset: number): Reader {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let rest: Uint8Array = new Uint8Array(0)
  let at = offset
  // What breaks while nobody reads is met by the next read.
  stream.on('error', () => undefined)
  return {
    get at() {
      return at
    },
    async read(into) {
      if (rest.length === 0) {
        const next = await chunks.next()
        if (next.done === true) return 0
        rest = next.value
      }
      const part = rest.subarray(0, into.length)
      into.set(part)
      rest = rest.subarray(part.length)
      at += part.length
      return part.length
    },
    end() {
      stream.destroy()
    },
  }
}
