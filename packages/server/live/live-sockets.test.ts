// Frame connections over real sockets: who gets one, and that one viewer's line is nobody else's affair. Time is turned by hand.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeBack, encodeBack } from '@doorpost/protocol/live/acknowledgement'
import type { Started, Watch } from '@doorpost/protocol/live/control'
import { decodeHeader, encodeFrame } from '@doorpost/protocol/live/frame'
import { LIVE_FRAME_BYTES_MAX } from '@doorpost/protocol/live/limits'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { enrolled, overHttp1 } from '../door-callers.ts'
import { befriend, type Person } from '../in-memory-server.ts'
import { type TurnedClock, turnedClock } from '../listen/turned-clock.ts'
import { openLog } from '../log.ts'
import { type RunningServer, startServer } from '../server.ts'
import { BROADCAST, FORMAT } from './fake-lines.ts'

let folder = ''
let server: RunningServer
let clock: TurnedClock
let alice: Person
let others: Person[]
const opened: { destroy(): unknown }[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-live-'))
  clock = turnedClock()
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    dataFolder: folder,
    logger: openLog('silent'),
    clock,
    stunPort: 0,
  })
  const caller = overHttp1(server)
  opened.push({ destroy: () => caller.end() })
  const enrol = (name: string) => enrolled(caller, server, name)
  alice = await enrol('alice')
  others = [await enrol('bob'), await enrol('carol'), await enrol('dave')]
  for (const person of others) await befriend(alice, person)
})

afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy()
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

function dial(ticket: string, options: object = {}): WebSocket {
  const url = `ws://127.0.0.1:${server.port}/live`
  const webSocket = new WebSocket(url, ['doorpost.live.v1', `ticket.${ticket}`], options)
  webSocket.on('error', () => {})
  opened.push({ destroy: () => webSocket.terminate() })
  return webSocket
}

/** The status that refuses an upgrade. */
async function refusal(webSocket: WebSocket): Promise<number> {
  const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage]
  return response.statusCode ?? 0
}

async function start(format = FORMAT): Promise<{ source: WebSocket; ticket: string }> {
  const { ticket } = (await alice.ask('SEND', '/live', { broadcast: BROADCAST, format })).json as Started
  const source = dial(ticket)
  await once(source, 'open')
  return { source, ticket }
}

interface OpenViewer {
  readonly webSocket: WebSocket
  readonly watch: string
  readonly ticket: string
  readonly got: number[]
}

/** Approved ahead; acknowledges what it reads unless told otherwise. */
async function view(
  person: Person,
  options: { reads?: boolean; autoPong?: boolean; ackWindow?: number } = {},
): Promise<OpenViewer> {
  const { reads = true, autoPong = true, ackWindow } = options
  await alice.ask('SEND', `/live/${BROADCAST}/decisions`, { user: person.address, decision: 'approve' })
  const ask = { user: alice.address, ...(ackWindow !== undefined && { ackWindow }) }
  const { watch, approved } = (await person.ask('SEND', '/watches', ask)).json as Watch
  const ticket = approved?.ticket ?? ''
  const webSocket = dial(ticket, { autoPong })
  const got: number[] = []
  webSocket.on('message', (data: Buffer) => {
    const header = decodeHeader(data)
    if (!header) return
    got.push(header.sequence)
    const { epoch, sequence } = header
    if (reads) webSocket.send(encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted: false }))
  })
  await once(webSocket, 'open')
  if (!reads) webSocket.pause()
  return { webSocket, watch, ticket, got }
}

const picture = (sequence: number, bytes = 4_000) =>
  encodeFrame(
    { type: 'picture', keyFrame: sequence === 0, layer: 0, epoch: 1, sequence, capturedAtUs: sequence * 33_333 },
    new Uint8Array(bytes),
  )

async function closeCode(webSocket: WebSocket): Promise<number> {
  return ((await once(webSocket, 'close')) as [number])[0]
}

/** Sends one picture; resolves when the server has taken it. */
async function show(source: WebSocket, sequence: number, bytes?: number): Promise<void> {
  const taken = once(source, 'message')
  source.send(picture(sequence, bytes))
  const [data] = (await taken) as [Buffer]
  expect(decodeBack(data)).toMatchObject({ type: 'acknowledgement', sequence })
}

/** Resolves when this connection has been answered by the server, and all it said before was read. */
async function settled({ webSocket }: Pick<OpenViewer, 'webSocket'>, number = 1): Promise<void> {
  const echoed = new Promise<void>((resolve) => {
    webSocket.on('message', function onMessage(data: Buffer) {
      const message = decodeBack(data)
      if (message?.type !== 'echo' || message.number !== number) return
      webSocket.off('message', onMessage)
      resolve()
    })
  })
  webSocket.send(encodeBack({ type: 'probe', number }))
  await echoed
}

describe('frame connections', () => {
  test('[LVS80] one opens with a ticket, on this server’s pages or none, by WebSocket and with its subprotocol alone', async () => {
    const { ticket } = await start()
    expect(await refusal(dial('A'.repeat(43)))).toBe(401)
    expect(await refusal(dial(ticket, { origin: 'https://elsewhere.example' }))).toBe(403)
    const plain = await fetch(`${server.origin}/live`)
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
    const other = new WebSocket(`ws://127.0.0.1:${server.port}/live`, [`ticket.${ticket}`])
    other.on('error', () => {})
    expect(await refusal(other)).toBe(400)
    // Not yet let in: its ticket is told to nobody, and opens nothing.
    const own = dial(ticket, { origin: server.origin })
    await once(own, 'open')
    expect(own.protocol).toBe('doorpost.live.v1')
  })

  test('[LVS80] text, what is too long, and nonsense end a frame connection with the code for it', async () => {
    const { ticket } = await start()
    const endings: [string | Uint8Array, number][] = [
      ['hello', 1003],
      [new Uint8Array(LIVE_FRAME_BYTES_MAX + 1), 1009],
      [new Uint8Array(LIVE_FRAME_BYTES_MAX), 1007],
    ]
    for (const [message, code] of endings) {
      const source = dial(ticket)
      await once(source, 'open')
      source.send(message)
      expect(await closeCode(source)).toBe(code)
    }
  })

  test('[LVS53] [LVS20] over sockets: who does not read is sent no more than its window, and the others get every picture', async () => {
    const { source } = await start({ ...FORMAT, bytesPerSecond: { pictures: 3_000_000, stills: 0, audio: 0 } })
    const [bob, carol, dave] = others as [Person, Person, Person]
    const [good, deaf, strict] = [
      await view(bob),
      await view(carol, { reads: false }),
      await view(dave, { reads: false, ackWindow: 1 }),
    ]
    strict.webSocket.resume()
    for (let sequence = 0; sequence < 300; sequence++) {
      await show(source, sequence, 20_000)
      await settled(good)
      // All of them before who does not read counts as standing still.
      clock.turn(8)
    }
    expect(good.got.length).toBe(300)
    expect(strict.got).toEqual([0])
    strict.webSocket.send(encodeBack({ type: 'acknowledgement', epoch: 1, sequence: 0, keyFrameWanted: false }))
    await settled(strict)
    expect(strict.got).toEqual([0, 1])
    deaf.webSocket.resume()
    await once(deaf.webSocket, 'message')
    expect(deaf.got.length).toBeLessThanOrEqual(4)
  })

  test('[LVS42] over sockets: a kicked viewer gets not even what lay unread in the line', async () => {
    const { source } = await start()
    const [bob, carol] = others as [Person, Person]
    const [kicked, good] = [await view(bob, { reads: false }), await view(carol)]
    for (let sequence = 0; sequence < 4; sequence++) {
      await show(source, sequence, 400_000)
      await settled(good)
    }
    await alice.ask('SEND', `/live/${BROADCAST}/decisions`, { user: bob.address, decision: 'kick' })
    const closed = closeCode(kicked.webSocket)
    kicked.webSocket.resume()
    expect(await closed).toBe(1006)
    expect(kicked.got.length).toBeLessThan(3)
    await show(source, 4)
    await settled(good)
    expect(good.got).toEqual([0, 1, 2, 3, 4])
    expect(await refusal(dial(kicked.ticket))).toBe(401)
  })

  test('[LVS50] over sockets: a line that answers no ping is ended within 3 s, one that does lives on', async () => {
    await start()
    const [bob, carol] = others as [Person, Person]
    const [dark, good] = [await view(bob, { autoPong: false }), await view(carol)]
    const closed = closeCode(dark.webSocket)
    for (let second = 0; second < 3; second++) {
      const pinged = once(good.webSocket, 'ping')
      clock.turn(1_000)
      await pinged
      await settled(good, second)
    }
    expect(await closed).toBe(4010)
    expect(good.webSocket.readyState).toBe(WebSocket.OPEN)
    const standing = async (person: Person, { watch }: OpenViewer) =>
      ((await person.ask('RETRIEVE', `/watches/${watch}`)).json as Watch).standing.state
    expect([await standing(bob, dark), await standing(carol, good)]).toEqual(['pending', 'watching'])
  })

  test('[LVS58] over sockets: who answers pings and says nothing of a picture stands still, until they do', async () => {
    const { source } = await start()
    const [bob, carol] = others as [Person, Person]
    const [still, good] = [await view(bob, { reads: false }), await view(carol)]
    still.webSocket.resume()
    const standing = async (person: Person, { watch }: OpenViewer) =>
      ((await person.ask('RETRIEVE', `/watches/${watch}`)).json as Watch).standing.state
    await show(source, 0)
    await settled(good)
    for (let second = 0; second < 3; second++) {
      expect(await standing(bob, still)).toBe('watching')
      const pinged = once(still.webSocket, 'ping')
      clock.turn(1_000)
      await pinged
      await settled(good, second)
    }
    expect([await standing(bob, still), await standing(carol, good)]).toEqual(['pending', 'watching'])
    still.webSocket.send(encodeBack({ type: 'acknowledgement', epoch: 1, sequence: 0, keyFrameWanted: false }))
    await settled(still, 9)
    expect(await standing(bob, still)).toBe('watching')
  })

  test('[LVS72] over sockets: a server that stops closes with 1001', async () => {
    const { source } = await start()
    const viewer = await view(others[0] as Person)
    const closed = Promise.all([closeCode(source), closeCode(viewer.webSocket)])
    await server.drain()
    expect(await closed).toEqual([1001, 1001])
  })
})
