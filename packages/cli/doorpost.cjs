#!/usr/bin/env node
// The `doorpost` command as npm installs it. Runs on any Node 18 or later, so it is plain old JavaScript: under the Node
// that Doorpost is written for it goes on in this process, under an older one it starts the bundled one in its place.
'use strict'

const { existsSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { pathToFileURL } = require('node:url')

/** The oldest Node that runs main.ts: type stripping, better-sqlite3 13. */
const NODE_MAJOR = 24
/** EX_CONFIG of sysexits(3). */
const EXIT_CONFIGURATION = 78

const entry = join(__dirname, 'main.ts')

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) {
  keepCompiled()
  void import(pathToFileURL(entry).href)
} else {
  const bundled = findBundled()
  if (bundled === undefined) {
    const platform = `${process.platform} ${process.arch}`
    process.stderr.write(
      `Doorpost needs Node ${NODE_MAJOR}, this is ${process.versions.node}, and none came with it for ${platform}: install Node ${NODE_MAJOR} or run npm ci.\n`,
    )
    process.exitCode = EXIT_CONFIGURATION
  } else {
    startUnder(bundled)
  }
}

/** Compiled code is kept between runs, in a place of this user alone: a command then starts in half the time. */
function keepCompiled() {
  const { enableCompileCache } = require('node:module')
  const { homedir } = require('node:os')
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  // Where it cannot be kept, nothing is kept: that is no failure.
  enableCompileCache(join(caches, 'doorpost'))
}

/** The Node which an optional dependency brought, here or in a folder above, as Node looks for packages. */
function findBundled() {
  const windows = process.platform === 'win32'
  const name = `${windows ? 'win' : process.platform}-${process.arch}`
  const file = windows ? ['bin', 'node.exe'] : ['bin', 'node']
  for (let folder = __dirname; ; folder = dirname(folder)) {
    for (const packageName of [`node-${name}`, `node-bin-${name}`]) {
      const candidate = join(folder, 'node_modules', packageName, ...file)
      if (existsSync(candidate)) return candidate
    }
    if (folder === dirname(folder)) return undefined
  }
}

/** Runs this command again under another Node; signals go in, the exit code comes out. */
function startUnder(node) {
  const { spawn } = require('node:child_process')
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; main.ts takes two that come together for one.
  const passOn = (signal) => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, passOn)
  child.on('error', (error) => {
    process.stderr.write(`Doorpost could not start its Node at ${node}: ${error.message}\n`)
    process.exitCode = EXIT_CONFIGURATION
  })
  child.on('exit', (code, signal) => {
    for (const each of signals) process.off(each, passOn)
    if (signal === null) process.exitCode = code === null ? 1 : code
    else process.kill(process.pid, signal)
  })
}
