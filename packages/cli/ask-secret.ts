// Asking a person for words or a passphrase, which are not shown while they are typed; where nobody sits at the input, the
// lines of a pipe are the answers.

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Longest answer taken from a pipe, characters: twelve words or a passphrase, many times over. */
const ANSWER_LENGTH_MAX = 64 * 1024

/** A function that asks, and answers one line. */
export function createAskSecret(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  stop: AbortSignal,
): (question: string) => Promise<string> {
  let unread = ''
  let ended = false

  /** Listens only while an answer is awaited: a pipe that nobody closes must not keep the command from ending. */
  async function more(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const take = (chunk: Buffer) => {
      unread += chunk.toString('utf8')
      resolve()
    }
    const end = () => {
      ended = true
      resolve()
    }
    const leave = () => reject(stop.reason)
    input.on('data', take).once('end', end).once('error', reject)
    stop.addEventListener('abort', leave, { once: true })
    input.resume()
    try {
      await promise
    } finally {
      input.pause()
      input.off('data', take).off('end', end).off('error', reject)
      stop.removeEventListener('abort', leave)
    }
  }

  async function fromPipe(): Promise<string> {
    while (!unread.includes('\n') && !ended && unread.length < ANSWER_LENGTH_MAX) await more()
    const at = unread.indexOf('\n')
    const line = at < 0 ? unread : unread.slice(0, at)
    unread = at < 0 ? '' : unread.slice(at + 1)
    return line.replace(/\r$/, '')
  }

  async function fromTerminal(question: string): Promise<string> {
    output.write(question)
    const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
    const reader = createInterface({ input, output: unseen, terminal: true })
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const leave = () => reject(stop.reason)
    stop.addEventListener('abort', leave, { once: true })
    // In a terminal that is read key by key, Ctrl-C is a key and no signal.
    reader.once('SIGINT', () => process.emit('SIGINT'))
    reader.once('line', resolve)
    reader.once('close', () => resolve(''))
    try {
      return await promise
    } finally {
      stop.removeEventListener('abort', leave)
      reader.close()
      output.write('\n')
    }
  }

  return (question) => (input.isTTY && output.isTTY ? fromTerminal(question) : fromPipe())
}
