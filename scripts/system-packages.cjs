// The programs from outside npm which some commands need, and how they come onto a Debian machine.
// Plain CommonJS: it runs before set-up is complete, under any Node 18 or later. needs.ts reads the same list for the tests.
'use strict'

const { accessSync, constants, existsSync } = require('node:fs')
const { delimiter, join } = require('node:path')
const { spawnSync } = require('node:child_process')

/**
 * command: what must be on the path; debianPackage: what brings it; purposes: which npm scripts need it, and why;
 * also: packages that it needs besides; service: what Debian starts with it, which nobody asked for.
 */
const SYSTEM_PACKAGES = [
  { command: 'ffmpeg', debianPackage: 'ffmpeg', purposes: ['test', 'demo'], why: 'makes the films that tests send' },
  {
    command: 'aria2c',
    debianPackage: 'aria2',
    purposes: ['test'],
    why: 'fetches ciphertext from several sources at once',
  },
  {
    command: 'chromium',
    debianPackage: 'chromium',
    purposes: ['test'],
    why: 'is the browser that the web app is tried in',
  },
  {
    command: 'firefox-esr',
    debianPackage: 'firefox-esr',
    purposes: ['test'],
    why: 'is the other browser that the web app is tried in',
  },
  {
    command: 'WebKitWebDriver',
    debianPackage: 'webkit2gtk-driver',
    // A window of its own for it, and the films that it plays.
    also: [
      ...['gir1.2-webkit2-4.1', 'python3-gi'],
      ...['gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-bad', 'gstreamer1.0-libav'],
    ],
    purposes: ['test'],
    why: 'leads WebKit, the third browser that the web app is tried in',
  },
  {
    command: 'Xvfb',
    debianPackage: 'xvfb',
    purposes: ['test'],
    why: 'is the screen of a browser that cannot do without one',
  },
  { command: 'curl', debianPackage: 'curl', purposes: ['test', 'bench'], why: 'a client which is not ours' },
  {
    command: 'janus',
    debianPackage: 'janus',
    purposes: ['bench'],
    why: 'relays live pictures as RTP',
    service: 'janus',
  },
  { command: 'ip', debianPackage: 'iproute2', purposes: ['test'], why: 'makes the networks of the lab' },
  { command: 'nft', debianPackage: 'nftables', purposes: ['test'], why: 'makes the routers of the lab' },
  { command: 'tcpdump', debianPackage: 'tcpdump', purposes: ['test'], why: 'shows what is on the wire' },
  {
    command: 'openssl',
    debianPackage: 'openssl',
    purposes: ['test'],
    why: 'makes certificates that devices are told to trust',
  },
  {
    command: 'turnserver',
    debianPackage: 'coturn',
    purposes: ['test'],
    why: 'a relay for paths that our credentials must open',
    service: 'coturn',
  },
  {
    command: 'nginx',
    debianPackage: 'nginx',
    purposes: ['test', 'bench'],
    why: 'serves the same file by HTTPS, and stands in front of a server',
    service: 'nginx',
  },
  {
    command: 'wormhole',
    debianPackage: 'magic-wormhole',
    purposes: ['bench'],
    why: 'sends the same file through its relay',
  },
  {
    command: 'twist3',
    debianPackage: 'magic-wormhole-transit-relay',
    purposes: ['bench'],
    why: 'is that relay, by twisted',
  },
  {
    command: 'twistd3',
    debianPackage: 'python3-magic-wormhole-mailbox-server',
    purposes: ['bench'],
    why: 'lets its two ends meet, by twisted',
  },
  {
    command: 'postfix',
    debianPackage: 'postfix',
    purposes: ['bench'],
    why: 'accepts the same mail by SMTP',
    service: 'postfix',
  },
]

/** Longest that apt-get may take for one step, ms: a slow mirror needs minutes, a hanging one must not hold CI. */
const APT_TIMEOUT_MS = 300_000

/** Servers such as nginx live in sbin, which is on root's path only. */
const EXTRA_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Where `command` is, or undefined. */
function findCommand(command) {
  const folders = [...(process.env.PATH || '').split(delimiter), ...EXTRA_FOLDERS].filter(Boolean)
  for (const folder of folders) {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return join(folder, command)
    } catch {
      // Not here, or not executable: the next folder may have it.
    }
  }
  return undefined
}

function mayInstall() {
  return (
    process.platform === 'linux' &&
    process.getuid() === 0 &&
    existsSync('/etc/debian_version') &&
    findCommand('apt-get') !== undefined
  )
}

function apt(args) {
  return spawnSync('apt-get', ['-y', '-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: APT_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/** A benchmark starts its own nginx and Postfix on ports of its own: those that came up with the package go down again. */
function stopService(service) {
  const [command, args] = existsSync('/run/systemd/system')
    ? ['systemctl', ['disable', '--now', service]]
    : ['service', [service, 'stop']]
  spawnSync(command, args, { stdio: 'ignore', timeout: APT_TIMEOUT_MS })
}

/** Installs what the purposes need and may be installed; says what to install otherwise. Never fails: tests report it. */
function installSystemPackages(purposes) {
  const missing = SYSTEM_PACKAGES.filter(
    (entry) => entry.purposes.some((purpose) => purposes.includes(purpose)) && findCommand(entry.command) === undefined,
  )
  if (missing.length === 0) return
  const names = missing.flatMap(({ debianPackage, also = [] }) => [debianPackage, ...also])
  if (mayInstall()) {
    process.stderr.write(`Setting up: installing ${names.join(', ')} ...\n`)
    const install = ['install', '--no-install-recommends', ...names]
    if (apt(install).status !== 0) {
      // A fresh machine has no package lists yet.
      apt(['update'])
      const again = apt(install)
      if (again.status !== 0) process.stderr.write(again.stderr || `apt-get did not finish: ${again.error}\n`)
    }
  }
  for (const entry of missing) {
    if (findCommand(entry.command) !== undefined) {
      if (entry.service !== undefined) stopService(entry.service)
      continue
    }
    process.stderr.write(
      `Missing: ${entry.command} (${entry.why}). Install it, on Debian with: apt-get install ${entry.debianPackage}\n`,
    )
  }
}

module.exports = { SYSTEM_PACKAGES, findCommand, installSystemPackages }
