// One sender and four, then eight recipients who are all contacts of each other: how many copies the sender uploads until everybody
// has the film, and how long that takes, against libtorrent and against so many downloads over HTTPS from nginx, in one run. Every peer
// is a process of its own. `--size MIB` takes another size than 1 GiB and writes no results.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectControl } from '@doorpost/peer/node/control-client'
import { needs } from '../scripts/needs.ts'
import { openStage, until } from '../scenarios/stage.ts'
import { makeFilm } from './film.ts'
import { startNginx } from './nginx.ts'
import { medianOf, rowOf } from './plot.ts'
import { type Figures, writeResults } from './results.ts'

const MiB = 1024 * 1024
const at = process.argv.indexOf('--size')
const small = at >= 0
const sizeBytes = (small ? Number(process.argv[at + 1]) : 1024) * MiB
if (!(sizeBytes >= MiB)) throw new Error('--size takes a number of MiB')
const ROUNDS = small ? 1 : 3
/** The system's own, which Debian's bindings are for. */
const PYTHON = '/usr/bin/python3'
const run = promisify(execFile)
const [curl, nginx] = [needs('curl'), needs('nginx')]
const lacking = curl.missing ?? nginx.missing
if (lacking !== undefined) {
  console.error(lacking)
  process.exit(69)
}
await run(PYTHON, ['-c', 'import libtorrent']).catch(() => {
  console.error('libtorrent is missing: apt-get install python3-libtorrent')
  process.exit(69)
})
const folder = await mkdtemp(fileURLToPath(new URL('work-', import.meta.url)))
const film = join(folder, 'film.bin')

interface Measured {
  readonly copies: number
  readonly tookMs: number
}

/** The same film to so many people, from agents that are all contacts of each other. */
async function withUs(recipients: number): Promise<Measured[]> {
  await using stage = await openStage()
  await using _server = await stage.server()
  const people = []
  for (let i = 0; i <= recipients; i++) people.push(await stage.join(`person${i}`))
  await using stack = new AsyncDisposableStack()
  const devices = []
  for (const person of people) {
    stack.use(await person.agent())
    const device = await connectControl(person.home)
    if (!device) throw new Error('no agent')
    devices.push(stack.use(device))
  }
  for (const [one, device] of devices.entries()) {
    for (const [other, { address }] of people.entries())
      if (other !== one) await device.do('contacts.add', { who: address })
  }
  const [sender, ...others] = devices
  if (!sender) throw new Error('nobody')
  const measured: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const to = people.slice(1).map(({ address }) => address)
    const { id } = await sender.do('send', { to, files: [film] })
    await until('everybody to have the message', async () => {
      const inboxes = await Promise.all(others.map((device) => device.do('inbox', {})))
      return inboxes.every((entries) => entries.some((entry) => entry.id === id))
    })
    const into = others.map((_, i) => join(folder, `ours-${i}`))
    for (const one of into) await mkdir(one)
    const beganMs = performance.now()
    const got = await Promise.all(
      others.map((device, i) => device.do('get', { what: id, folder: into[i] as string, path: 'direct' })),
    )
    const tookMs = performance.now() - beganMs
    const { uploadedBytes } = await sender.do('status', { id })
    measured.push({ copies: uploadedBytes / sizeBytes, tookMs })
    if (round === 0) for (const { files } of got) await run('cmp', [film, files[0]?.file ?? ''])
    for (const one of into) await rm(one, { recursive: true })
  }
  return measured
}

async function withTorrent(recipients: number): Promise<Measured> {
  const script = fileURLToPath(new URL('copies-torrent.py', import.meta.url))
  const into = Array.from({ length: recipients }, (_, i) => join(folder, `torrent-${i}`))
  for (const one of into) await mkdir(one)
  const peers = [['seed', film], ...into.map((one) => ['leech', one])].map((words) => {
    const child = spawn(PYTHON, [script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const line = async () => {
      const next = await lines.next()
      if (next.done) throw new Error('a peer of the swarm ended early')
      return JSON.parse(next.value) as { port: number; torrent: string; took: number; uploaded: number }
    }
    return { child, line }
  })
  try {
    const began = []
    for (const peer of peers) began.push(await peer.line())
    const order = { torrent: began[0]?.torrent, ports: began.map(({ port }) => port) }
    const beganMs = performance.now()
    for (const { child } of peers) child.stdin.write(`${JSON.stringify(order)}\n`)
    await Promise.all(peers.slice(1).map(async (peer) => await peer.line()))
    const tookMs = performance.now() - beganMs
    for (const { child } of peers) child.stdin.end('\n')
    const uploaded = await Promise.all(peers.map(async (peer) => (await peer.line()).uploaded))
    return { copies: (uploaded[0] ?? 0) / sizeBytes, tookMs }
  } finally {
    for (const { child } of peers) {
      if (child.exitCode === null) {
        child.kill()
        await once(child, 'exit')
      }
    }
    for (const one of into) await rm(one, { recursive: true })
  }
}

async function withHttps(port: number, recipients: number): Promise<Measured> {
  const into = Array.from({ length: recipients }, (_, i) => join(folder, `https-${i}`))
  const beganMs = performance.now()
  const url = `https://127.0.0.1:${port}/film.bin`
  await Promise.all(
    into.map(async (path) => await run(curl.path, ['-s', '-S', '-k', '--http2', '--fail', '-o', path, url])),
  )
  const tookMs = performance.now() - beganMs
  for (const path of into) await rm(path)
  return { copies: recipients, tookMs }
}

const web = await startNginx(nginx.path, folder)
await makeFilm(film, sizeBytes)
const copies: Figures['rows'][number][] = []
const times: Figures['rows'][number][] = []
const remarks = [
  `${sizeBytes / MiB} MiB to each. Every peer is a process of its own and all share the cores and the disk of this machine, so time is the`,
  'sum of all work; copies are what the sender sent. libtorrent 2 as it is, every peer connected to every other; nginx and curl as in the',
  'transfer benchmark. Recipients begin at the same moment, over direct paths. Ours encrypts and verifies every piece at both ends of every line, and ends',
  'when everything is synced and in place; curl and libtorrent end when it is written.',
]
try {
  for (const recipients of [4, 8]) {
    const torrent: Measured[] = []
    const https: Measured[] = []
    for (let round = 0; round < ROUNDS; round++) {
      torrent.push(await withTorrent(recipients))
      https.push(await withHttps(web.port, recipients))
    }
    const ours = await withUs(recipients)
    for (const [label, all, peer] of [
      [`${recipients} recipients, doorpost`, ours, false],
      [`${recipients} recipients, libtorrent`, torrent, true],
      [`${recipients} recipients, HTTPS from nginx`, https, true],
    ] as const) {
      copies.push(
        rowOf(
          label,
          all.map((one) => one.copies),
          peer,
        ),
      )
      times.push(
        rowOf(
          label,
          all.map((one) => one.tookMs / 1000),
          peer,
        ),
      )
      const medians = [medianOf(all.map((one) => one.copies)), medianOf(all.map((one) => one.tookMs / 1000))] as const
      console.error(`${label}: ${medians[0].toFixed(2)} copies, ${medians[1].toFixed(2)} s`)
    }
  }
} finally {
  await web.stop()
  await rm(folder, { recursive: true })
}
if (small) console.error('Another size than 1 GiB: nothing is written to bench/results/.')
else {
  await writeResults(
    'copies',
    [
      { title: 'Copies uploaded by the sender', unit: 'copies', better: 'less', rows: copies },
      { title: 'Until everybody has it', unit: 's', better: 'less', rows: times },
    ],
    remarks,
  )
}
