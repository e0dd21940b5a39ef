// Makes a fresh clone ready: installs what package-lock.json names when node_modules is missing or differs from the lock, and
// builds the web app where it is missing or older than its sources.
// Runs before every npm script, under whatever Node the machine has (18 or later), so it is plain CommonJS.
// After it, npm finds node_modules/.bin/node first: the bundled Node 24. System packages are system-packages.cjs's business.
'use strict'

const { createHash } = require('node:crypto')
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { delimiter, dirname, join } = require('node:path')
const { spawnSync } = require('node:child_process')
const { installSystemPackages } = require('./system-packages.cjs')

/** The oldest Node that everything after set-up runs on: better-sqlite3 13 and type stripping need it. */
const NODE_MAJOR = 24

const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

const root = join(__dirname, '..')
const stampFile = join(root, 'node_modules', '.doorpost-setup')
const bundledNodeLink = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
const lockHash = createHash('sha256').update(lockText).digest('hex')

function isSetUp() {
  // npm writes this file last, so its presence says that an install came to its end.
  const installedFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === lockHash) return true
  if (!existsSync(bundledNodeLink) || !holdsEverything(JSON.parse(readFileSync(installedFile, 'utf8')).packages))
    return false
  writeFileSync(stampFile, `${lockHash}\n`)
  return true
}

/** Whether what is installed is what the lock names for this platform: somebody ran npm by hand, and need not wait again. */
function holdsEverything(installed) {
  return Object.entries(JSON.parse(lockText).packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = installed[path]
    // Without a platform of its own, an optional package belongs to another that is not for here.
    if (found === undefined) return wanted.optional === true && !(wanted.os && isForHere(wanted))
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

function isForHere({ os, cpu, libc }) {
  const fits = (wanted, here) => wanted === undefined || [].concat(wanted).includes(here)
  const libcHere =
    process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime ? 'musl' : 'glibc'
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, libcHere)
}

/** Thrown so that temporary folders go; the last lines of this file tell the user. */
function fail(message) {
  throw new Error(message)
}

/** Runs npm under `node`; the npm that runs us when there is one, else the one on the path. Fails with what npm said. */
function runNpm(node, folder, args) {
  const npmCli = process.env.npm_execpath
  const [command, rest] = npmCli && /\.c?js$/.test(npmCli) ? [node, [npmCli, ...args]] : ['npm', args]
  const result = spawnSync(command, rest, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  })
  if (result.error) fail(`Set-up failed: npm could not be started (${result.error.message}).`)
  if (result.status !== 0) fail(`Set-up failed: \`npm ${args[0]}\` did not finish; what it said stands above.`)
}

/** The package that brings Node for this platform: its name and its entry in the lock; undefined when there is none. */
function findNodePackage() {
  const { packages } = JSON.parse(lockText)
  for (const name of Object.keys((packages[''] && packages[''].optionalDependencies) || {})) {
    const entry = packages[`node_modules/${name}`]
    if (entry && isForHere(entry)) return { name, entry }
  }
  return undefined
}

function nodeIn(folder, name) {
  return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

function majorOf(node) {
  const answer = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return Number((answer.stdout || '0').split('.')[0])
}

/**
 * Installs under the bundled Node, fetched by itself first: npm silently leaves out every optional package (and the
 * compiled half of several tools is one) whose `engines` refuse the Node that npm happens to run under.
 */
function installUnderBundledNode(nodePackage) {
  const { name, entry } = nodePackage
  const folder = mkdtempSync(join(tmpdir(), 'doorpost-setup-'))
  try {
    const own = { name: 'doorpost-setup', version: '0.0.0', dependencies: { [name]: entry.version } }
    const packages = { '': own, [`node_modules/${name}`]: { ...entry, optional: undefined } }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ name: own.name, version: own.version, lockfileVersion: 3, requires: true, packages }),
    )
    runNpm(process.execPath, folder, ['ci', ...QUIET])
    const node = nodeIn(folder, name)
    if (!(majorOf(node) >= NODE_MAJOR)) failWithoutNode()
    runNpm(node, root, ['ci', ...QUIET])
    // npm 10 forgets this link: dropping the other platforms' packages drops the link they have in common.
    if (!existsSync(bundledNodeLink)) runNpm(node, root, ['rebuild', ...QUIET, name])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function failWithoutNode() {
  fail(
    `Doorpost needs Node ${NODE_MAJOR} and brings none that runs here (${process.platform} ${process.arch}): install Node ${NODE_MAJOR} and try again.`,
  )
}

function install() {
  const nodePackage = findNodePackage()
  const ownMajor = Number(process.versions.node.split('.')[0])
  if (nodePackage === undefined && ownMajor < NODE_MAJOR) failWithoutNode()
  process.stderr.write('Setting up: installing packages (once, some twenty seconds) ...\n')
  // No package of ours needs its install script (better-sqlite3 ships its binary), and npm 10 would start a compiler.
  if (nodePackage !== undefined) installUnderBundledNode(nodePackage)
  else runNpm(process.execPath, root, ['ci', ...QUIET])
  writeFileSync(stampFile, `${lockHash}\n`)
}

/** Newest change below a folder of sources, ms. */
function newestIn(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs)
  }
  return newest
}

/** Builds the web app where it was never built or something it is made of is newer: a second or two. */
function buildWeb() {
  const builder = join(root, 'packages', 'web', 'build.ts')
  if (!existsSync(builder)) return
  const built = join(root, 'packages', 'web', 'dist', 'index.html')
  const sources = ['web', 'peer', 'protocol'].map((name) => newestIn(join(root, 'packages', name)))
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources)) return
  const node = join(root, 'node_modules', '.bin', 'node')
  const result = spawnSync(node, [builder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) fail('Set-up failed: the web app could not be built; what was said stands above.')
}

try {
  if (!isSetUp()) install()
  buildWeb()
  installSystemPackages(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
