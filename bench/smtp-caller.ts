// A bare SMTP client (RFC 5321) that sends one message after the other over one connection and times each until it
// appears in the maildir.

import { once } from 'node:events'
import { mkdirSync, watch } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Postfix, RECIPIENT, SENDER } from './postfix.ts'

/** Longest that one message may take, ms. */
const PATIENCE_MS = 10_000

/** From the first byte of MAIL FROM to the file in the maildir, ms, for each message. */
export async function deliverBySmtp(postfix: Postfix, count: number, messageBytes: number): Promise<number[]> {
  mkdirSync(postfix.newMail, { recursive: true })
  const watcher = watch(postfix.newMail)
  const socket = connect({ host: '127.0.0.1', port: postfix.port, noDelay: true })
  /** The code of the next answer, whole: its last line has a space after the code. */
  async function answered(): Promise<number> {
    let text = ''
    while (!/^\d{3} .*\r\n$/m.test(text)) text += String((await once(socket, 'data'))[0])
    return Number(text.slice(0, 3))
  }
  async function say(line: string, code: number): Promise<void> {
    socket.write(line)
    const got = await answered()
    if (got !== code) throw new Error(`SMTP answered ${got}`)
  }
  const body = `${'x'.repeat(70)}\r\n`.repeat(Math.ceil(messageBytes / 72)).slice(0, messageBytes)
  const delaysMs: number[] = []
  await answered()
  await say('EHLO bench.test\r\n', 250)
  for (let done = 0; done < count; done++) {
    const patience = AbortSignal.timeout(PATIENCE_MS)
    const arrived = once(watcher, 'change', { signal: patience })
    const startMs = performance.now()
    const atMs = arrived.then(() => performance.now())
    await say(`MAIL FROM:<${SENDER}>\r\n`, 250)
    await say(`RCPT TO:<${RECIPIENT}>\r\n`, 250)
    await say('DATA\r\n', 354)
    await say(`Subject: ${done}\r\n\r\n${body}\r\n.\r\n`, 250)
    delaysMs.push((await atMs) - startMs)
  }
  socket.end('QUIT\r\n')
  watcher.close()
  await wait(0)
  return delaysMs
}
