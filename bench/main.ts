// `npm run bench [-- NAME…]`: runs the benchmarks one after the other, each as its own process, and says where the results are.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const benchmarks = {
  transfer: 'a film over the direct path against curl over HTTPS from nginx',
  webrtc: 'a film over the webrtc path against a bare data channel',
  copies: 'one sender, four and eight recipients: copies uploaded and time, against libtorrent and HTTPS',
  tunnel: 'a film through the server against the direct path and magic-wormhole',
  live: 'live pictures from browser to browser, against RTP and Janus',
  'live-fanout': 'live pictures through the server to 600 viewers, and to twenty of whom five are slow',
  web: 'the web app: opening it, playing a film that is tapped, a film to a tab against a bare channel',
  start: 'the first verified byte of get, fresh and resumed, with an agent running',
  send: 'messages accepted and delivered against Postfix',
  sessions: 'memory of idle sessions',
} as const

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !(name in benchmarks))
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are:`)
  for (const [name, says] of Object.entries(benchmarks)) console.error(`  ${name.padEnd(10)} ${says}`)
  process.exit(64)
}

for (const [name, says] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.error(`${name}: ${says}`)
  const run = spawn(process.execPath, [fileURLToPath(new URL(`${name}.ts`, import.meta.url))], { stdio: 'inherit' })
  const [code] = (await once(run, 'exit')) as [number | null]
  if (code !== 0) {
    console.error(`${name} failed.`)
    process.exit(1)
  }
}
console.error('Results are in bench/results/.')
