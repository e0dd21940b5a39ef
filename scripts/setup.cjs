// Makes a fresh clone ready: installs what package-lock.json names when node_modules is missing or older than the lock.
// Runs before every npm script, under whatever Node the machine has (18 or later), so it is plain CommonJS.
// After it, npm finds node_modules/.bin/node first: the bundled Node 24. System packages are system-packages.cjs's business.
'use strict'

const { createHash } = require('node:crypto')
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { spawnSync } = require('node:child_process')
const { installSystemPackages } = require('./system-packages.cjs')

/** The oldest Node that everything after set-up runs on: better-sqlite3 13 and type stripping need it. */
const NODE_MAJOR = 24

const root = join(__dirname, '..')
const stampFile = join(root, 'node_modules', '.doorpost-setup')
const bundledNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function isSetUp() {
  // npm writes .package-lock.json last, so its presence says that an install came to its end.
  if (!existsSync(join(root, 'node_modules', '.package-lock.json')) || !existsSync(stampFile)) return false
  return readFileSync(stampFile, 'utf8').trim() === lockHash()
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** npm's own entry file when a script of npm runs us (the same npm, on every platform), else `npm` on the path. */
function runNpm(args) {
  const npmCli = process.env.npm_execpath
  const [command, rest] = npmCli && /\.c?js$/.test(npmCli) ? [process.execPath, [npmCli, ...args]] : ['npm', args]
  return spawnSync(command, rest, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}

function installPackages() {
  process.stderr.write('Setting up: installing packages (once, some ten seconds) ...\n')
  // No package of ours needs its install script (better-sqlite3 ships its binary), and npm 10 would start a compiler.
  const result = runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  if (result.error) fail(`Set-up failed: npm could not be started (${result.error.message}).`)
  if (result.status !== 0) fail('Set-up failed: `npm ci` did not finish; what it said stands above.')
  linkBundledNode()
  writeFileSync(stampFile, `${lockHash()}\n`)
}

/** npm 10 leaves node_modules/.bin/node out of `npm ci`: dropping the other platforms' packages drops their common link. */
function linkBundledNode() {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const bundled = Object.keys(optionalDependencies).find((name) => existsSync(join(root, 'node_modules', name)))
  if (bundled === undefined || existsSync(bundledNode)) return
  const result = runNpm(['rebuild', '--ignore-scripts', '--loglevel=error', bundled])
  if (result.status !== 0) fail(`Set-up failed: \`npm rebuild ${bundled}\` did not finish; what it said stands above.`)
}

/** The Node which npm's shell will find first: the bundled one, or the one this runs under. */
function majorOfNextNode() {
  if (!existsSync(bundledNode)) return Number(process.versions.node.split('.')[0])
  const answer = spawnSync(bundledNode, ['-p', 'process.versions.node'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  return Number((answer.stdout || '0').split('.')[0])
}

function main(purposes) {
  if (!isSetUp()) installPackages()
  const major = majorOfNextNode()
  if (!(major >= NODE_MAJOR)) {
    fail(
      `Doorpost needs Node ${NODE_MAJOR} and brings none for ${process.platform} ${process.arch}: install Node ${NODE_MAJOR} and try again.`,
    )
  }
  installSystemPackages(purposes)
}

main(process.argv.slice(2))
