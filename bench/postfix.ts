// An instance of Postfix of our own: its configuration, queue and mailbox in a folder that is given, on a loopback port,
// delivering into a maildir. The system's own Postfix, if there is one, is left alone.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../scripts/free-port.ts'

const DOMAIN = 'bench.test'
export const SENDER = `alice@${DOMAIN}`
export const RECIPIENT = `bob@${DOMAIN}`
/** Longest that the instance may take to answer or to stop, ms. */
const PATIENCE_MS = 20_000

export interface Postfix {
  readonly port: number
  /** Where delivered mail appears, one file a message. */
  readonly newMail: string
  /** Sends so many messages of so many bytes, 64 at a time over lasting connections; resolves when all are accepted. */
  send(count: number, messageBytes: number, inFlight: number): Promise<void>
  stop(): Promise<void>
}

/** `undefined` and a reason on standard error where Postfix is not installed or may not be started. */
export async function startPostfix(folder: string): Promise<Postfix | undefined> {
  if (!existsSync('/usr/sbin/postfix') || process.getuid?.() !== 0) {
    console.error('Postfix is not installed, or this is not root: nothing to compare with.')
    return undefined
  }
  const port = await freePort()
  const etc = prepare(folder, port)
  const master = spawn('/usr/sbin/postfix', ['-c', etc, 'start-fg'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  master.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  await answers(port).catch((error: unknown) => {
    master.kill()
    throw new Error(`Postfix does not answer: ${complaints}`, { cause: error })
  })
  return {
    port,
    newMail: join(folder, 'mail', 'inbox', 'new'),
    async send(count, messageBytes, inFlight) {
      const options = ['-d', '-s', String(inFlight), '-m', String(count), '-l', String(messageBytes)]
      const people = ['-f', SENDER, '-t', RECIPIENT, `127.0.0.1:${port}`]
      const source = spawn('/usr/sbin/smtp-source', [...options, ...people], {
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      const [code] = (await once(source, 'exit')) as [number | null]
      if (code !== 0) throw new Error(`smtp-source ended with ${code}`)
    },
    async stop() {
      const pid = Number(readFileSync(join(folder, 'queue', 'pid', 'master.pid'), 'utf8'))
      const gone = once(master, 'exit')
      process.kill(pid, 'SIGTERM')
      await Promise.race([gone, wait(PATIENCE_MS, undefined, { ref: false })])
    },
  }
}

function prepare(folder: string, port: number): string {
  const [etc, queue, data, mail] = ['etc', 'queue', 'data', 'mail'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  for (const made of [etc, queue, data, mail]) mkdirSync(made, { recursive: true })
  // Its processes change to users of their own, who must be able to come here.
  for (const open of [folder, etc, queue, mail]) chmodSync(open, 0o755)
  const idOf = (kind: '-u' | '-g', user: string) => Number(execFileSync('id', [kind, user], { encoding: 'utf8' }))
  chownSync(data, idOf('-u', 'postfix'), idOf('-g', 'postfix'))
  const [uid, gid] = [idOf('-u', 'nobody'), idOf('-g', 'nobody')]
  chownSync(mail, uid, gid)
  writeFileSync(
    join(etc, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${data}
maillog_file = ${join(data, 'log')}
maillog_file_prefixes = ${data}
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = ${DOMAIN}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = ${DOMAIN}
virtual_mailbox_base = ${mail}
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_minimum_uid = 1
virtual_transport = virtual
smtpd_client_connection_count_limit = 0
smtputf8_enable = no
alias_maps =
alias_database =
`,
  )
  writeFileSync(
    join(etc, 'master.cf'),
    `127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`,
  )
  return etc
}

async function answers(port: number): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'data')
      socket.end('QUIT\r\n')
      return
    } catch (error) {
      if (Date.now() > untilMs) throw error
      await wait(100)
    }
  }
}
