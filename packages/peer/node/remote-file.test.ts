import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SourceAway } from '../send/media-file.ts'
import { memoryMediaFile, testBytes } from '../send/memory-media-file.ts'
import { offerMedia } from '../send/offer.ts'
import { createPieceBuffers } from '../send/piece-buffers.ts'
import { readRemoteAddress, shownAddress } from '../send/remote-address.ts'
import { servePiece } from '../send/serve.ts'
import { openFakeFtpServer } from './fake-ftp-server.ts'
import { nodePieceCrypto as crypto } from './piece-crypto.ts'
import { findRemote, openRemoteFile, openStreams } from './remote-file.ts'
import { HostRefused, isOpenAddress, openAddresses, openLookup } from './remote-host.ts'
import { arrives, ask, becomes, playScene, troubleOf } from './street-scene.ts'

const MiB = 1024 * 1024
const bytes = testBytes(5 * MiB + 77)
const signal = new AbortController().signal

/** A web server of one file, as test say it behaves. */
let server: Server
let base = ''
let content = bytes
let asked: string[] = []
let behave: (request: IncomingMessage, response: ServerResponse) => boolean = () => false
beforeEach(async () => {
  content = bytes
  asked = []
  behave = () => false
  server = createServer((request, response) => {
    asked.push(request.headers.range ?? 'all')
    if (behave(request, response)) return
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const from = Number(range?.[1] ?? 0)
    const to = Math.min(range?.[2] ? Number(range[2]) : content.length - 1, content.length - 1)
    if (from >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
      return
    }
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${content.length}`, etag: '"1"' })
    response.end(content.subarray(from, to + 1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `private+http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
const offer = async (path: string) => {
  await using file = await openRemoteFile(path)
  return await offerMedia({ file, crypto, signal })
}

describe('media elsewhere', () => {
  test('[ELS1] a file elsewhere is offered by reading it once, and its pieces are read by ranges where it lies', async () => {
    const made = await offer(`${base}/films/film.mov?secret=1`)
    // Two looks at it, and the whole in one line.
    expect(asked.filter((range) => range !== 'bytes=0-0')).toEqual(['bytes=0-'])
    await using file = await openRemoteFile(`${base}/films/film.mov?secret=1`)
    asked = []
    const lend = { crypto, buffers: createPieceBuffers() }
    for (const index of [3, 5, 0, 1, 2]) {
      const lease = await servePiece({ ...made, file }, index, lend)
      const expected = await servePiece({ ...made, file: memoryMediaFile(bytes) }, index, lend)
      expect(Buffer.compare(lease.bytes, expected.bytes)).toBe(0)
    }
    // Jumps ask for the piece alone; whoever reads on gets one line.
    expect(asked).toEqual([`bytes=${3 * MiB}-${4 * MiB - 1}`, `bytes=${5 * MiB}-${5 * MiB + 76}`, 'bytes=0-'])
    expect(file.name).not.toContain('secret')
  })

  test('[ELS2] one that changed, grew shorter or went away is said to have, and gives no byte', async () => {
    const made = await offer(`${base}/film.mov`)
    await using file = await openRemoteFile(`${base}/film.mov`)
    const piece = (index: number) =>
      servePiece({ ...made, file }, index, { crypto, buffers: createPieceBuffers() }).then(
        () => 'here',
        (error: unknown) => (error as Error).name,
      )
    content = Uint8Array.from(bytes)
    content[2 * MiB] = (content[2 * MiB] ?? 0) ^ 1
    expect([await piece(2), await piece(4)]).toEqual(['SourceChanged', 'here'])
    content = bytes.subarray(0, MiB)
    expect(await piece(3)).toBe('SourceChanged')
    behave = (_request, response) => Boolean(response.writeHead(404).end())
    expect(await piece(1)).toBe('SourceAway')
  })

  test('[ELS2] a line that breaks in the middle is taken up where it broke; one that gives nothing is left', async () => {
    let cuts = 0
    behave = (request, response) => {
      if (request.headers.range !== 'bytes=0-') return false
      cuts++
      response.writeHead(206, { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` })
      response.write(bytes.subarray(0, MiB / 2), () => response.destroy())
      return true
    }
    await using file = await openRemoteFile(`${base}/film.mov`)
    const into = new Uint8Array(MiB)
    const got = await file.read(0, into).catch((error: unknown) => (error as Error).name)
    // A fresh answer that broke is no reason to believe in the next.
    expect([got, cuts]).toEqual(['SourceAway', 1])
    behave = () => false
    expect(await file.read(0, into)).toBe(MiB)
    expect(Buffer.compare(into, bytes.subarray(0, MiB))).toBe(0)
  })

  test.each([
    [
      'gives no ranges',
      (_: IncomingMessage, response: ServerResponse) => void response.end(bytes),
      /does not give parts/,
    ],
    [
      'gives another part',
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(206, { 'content-range': 'bytes 5-5/100' }).end('x'),
      /other parts/,
    ],
    [
      'packs it',
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(206, { 'content-range': 'bytes 0-0/100', 'content-encoding': 'gzip' }).end('x'),
      /other parts/,
    ],
    [
      'leads in a circle',
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(302, { location: '/again' }).end(),
      /on and on/,
    ],
    [
      'leads to secrets of a cloud',
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
      /private network/,
    ],
    [
      'leads to a password',
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(302, { location: 'http://a:b@127.0.0.1/' }).end(),
      /not safe/,
    ],
    [
      'leads to a file',
      (_: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /not safe/,
    ],
  ])('[ELS3] a server that %s is refused before anything is read', async (_what, answer, says) => {
    behave = (request, response) => {
      answer(request, response)
      return true
    }
    const trouble = await troubleOf(findRemote(`${base}/film.mov`))
    expect(trouble.message).toMatch(says)
    expect(asked.length).toBeLessThanOrEqual(6)
  })

  test('[ELS3] an answer that goes on for ever, or a size that is none, ends the look at it', async () => {
    let sent = 0
    let isOver: () => void = () => {}
    const over = new Promise<void>((resolve) => (isOver = resolve))
    behave = (_request, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-${2 ** 40}/${2 ** 40 + 1}` })
      const more = () => {
        sent += MiB
        if (!response.destroyed) response.write(bytes.subarray(0, MiB), () => setImmediate(more))
      }
      response.on('close', isOver)
      more()
      return true
    }
    const file = await openRemoteFile(`${base}/film.mov`)
    // As long as the file is open the connection would be kept.
    await over
    expect(sent).toBeLessThan(64 * MiB)
    await file.close()
    const silent = { from: () => Promise.reject(new Error('never')), close: () => stop(new Error('closed')) }
    let stop: (error: Error) => void = () => {}
    const look = () => new Promise<never>((_, reject) => (stop = reject))
    await expect(openStreams('film.mov', { ...silent, look }, 20)).rejects.toThrow(SourceAway)
  })

  test('[ELS4] addresses of this machine, its network and a cloud are closed; a user may open their own network alone', () => {
    const own = [
      '127.0.0.1',
      '::1',
      '10.1.2.3',
      '192.168.0.9',
      '172.16.0.1',
      'fd12::1',
      '169.254.1.1',
      'fe80::1',
      '100.64.0.1',
      '::ffff:127.0.0.1',
    ]
    const never = [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fd00:ec2::254',
      '224.0.0.1',
      'ff02::1',
      '0.0.0.0',
      '::',
      '255.255.255.255',
      '240.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001::1',
      // 127.0.0.1 and 10.1.2.3 in forms that nobody uses any more.
      '::7f00:1',
      '::a01:203',
      'fec0::1',
      'localhost',
      '',
    ]
    const open = ['1.1.1.1', '93.184.216.34', '2606:4700::1111', '::ffff:1.1.1.1']
    for (const address of own)
      expect([address, isOpenAddress(address, false), isOpenAddress(address, true)]).toEqual([address, false, true])
    for (const address of never)
      expect([address, isOpenAddress(address, false), isOpenAddress(address, true)]).toEqual([address, false, false])
    for (const address of open) expect([address, isOpenAddress(address, false)]).toEqual([address, true])
  })

  test('[ELS4] the address that was checked is the one connected to, and a name is looked up once a connection', async () => {
    let times = 0
    const resolve = async () => {
      times++
      return [
        { address: '10.0.0.1', family: 4 },
        { address: '93.184.216.34', family: 4 },
      ]
    }
    const found = await new Promise((done) => {
      openLookup(false, resolve)('films.example', { all: false }, (_error, address) => done(address))
    })
    expect([found, times]).toEqual(['93.184.216.34', 1])
    await expect(
      openAddresses('films.example', false, async () => [{ address: '127.0.0.1', family: 4 }]),
    ).rejects.toThrow(HostRefused)
    await expect(openAddresses('[::1]', false, resolve)).rejects.toThrow(HostRefused)
    // Numbers are addresses as well, however they are written.
    for (const host of ['2130706433', '0x7f.1', '127.1', '[::ffff:7f00:1]']) {
      const trouble = await troubleOf(findRemote(`http://${host}:1/film.mov`))
      expect(trouble.message).toMatch(/private network/)
    }
    // A name is checked where the socket asks for its address, in both protocols.
    const { port } = server.address() as { port: number }
    for (const scheme of ['http', 'https', 'ftp']) {
      const trouble = await troubleOf(findRemote(`${scheme}://localhost:${port}/film.mov`))
      expect(trouble.message).toMatch(/private network/)
    }
    expect(asked).toEqual([])
  })

  test('[ELS5] an address with a password is refused, and what stands after the question mark is shown nowhere', async () => {
    for (const given of ['https://ann:pw@example.org/a.mov', 'ftp://ann@example.org/a.mov', 'gopher://a/b']) {
      expect(readRemoteAddress(given)).toBeUndefined()
    }
    const address = readRemoteAddress('https://example.org/a.mov?token=secret#part')
    expect(address && shownAddress(address)).toBe('https://example.org/a.mov')
    behave = (_request, response) => Boolean(response.writeHead(403).end())
    const trouble = await troubleOf(findRemote(`${base}/a.mov?token=secret`))
    expect(`${trouble.message} ${String(trouble.cause)}`).not.toContain('secret')
  })

  test('[ELS6] the same over FTP, from any byte on; its data lines go nowhere but to its own host', async () => {
    await using ftp = await openFakeFtpServer(bytes)
    const path = `private+ftp://127.0.0.1:${ftp.port}/films/a.mov`
    const made = await offer(path)
    await using file = await openRemoteFile(path)
    const lend = { crypto, buffers: createPieceBuffers() }
    for (const index of [4, 5, 1]) {
      const lease = await servePiece({ ...made, file }, index, lend)
      const expected = await servePiece({ ...made, file: memoryMediaFile(bytes) }, index, lend)
      expect(Buffer.compare(lease.bytes, expected.bytes)).toBe(0)
    }
    expect(ftp.asked).toContain(`REST ${4 * MiB}`)
    expect((await troubleOf(findRemote(`private+ftp://127.0.0.1:${ftp.port}/none`))).code).toBe('no-such-file')
    // A server that would have us read from somewhere else is not followed there.
    ftp.pointsTo = '192.0.2.1'
    const elsewhere = await file.read(0, new Uint8Array(1)).catch((error: unknown) => error)
    expect(elsewhere).toMatchObject({
      name: 'SourceAway',
      cause: { message: expect.stringContaining('another host') as string },
    })
    const before = ftp.asked.length
    await troubleOf(findRemote(`private+ftp://127.0.0.1:${ftp.port}/a%0d%0aDELE%20b`))
    expect(ftp.asked.length).toBe(before)
    expect((await troubleOf(findRemote(`ftp://127.0.0.1:${ftp.port}/films/a.mov`))).message).toMatch(/private network/)
  })
})

describe('a message with media elsewhere', () => {
  const scene = playScene()
  test('[ELS1] is fetched from its sender, who copied nothing; the recipient learns no address', async () => {
    const [alice, bob] = await scene.friends()
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [`${base}/films/the%20film.mov?secret=1`] })
    await arrives(bob, id, 'announced')
    const out = join(scene.folder, 'out')
    await ask(bob, 'get', { what: id, folder: out })
    await becomes(alice, id, 'fetched')
    expect(Buffer.compare(await readFile(join(out, 'the film.mov')), bytes)).toBe(0)
    const kept = JSON.stringify(await bob.store.all('inbox'))
    expect([kept.includes('127.0.0.1'), kept.includes('secret')]).toEqual([false, false])
    expect(JSON.stringify([alice.events, bob.events])).not.toContain('secret')
    const refused = await troubleOf(
      ask(alice, 'send', { to: ['bob'], files: [`${base}/a.mov`], whenFetched: { do: 'delete' }, confirmed: true }),
    )
    expect(refused.code).toBe('not-available')
  })
})
