import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createAskSecret } from './ask-secret.ts'

type Input = Parameters<typeof createAskSecret>[0]
type Output = Parameters<typeof createAskSecret>[1]

function screen(): { output: Output; shown: () => string } {
  let text = ''
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return { output: Object.assign(output, { isTTY: true }) as unknown as Output, shown: () => text }
}
const never = new AbortController().signal

test('[DEV14] at a terminal what is typed is not shown', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  const { output, shown } = screen()
  const answer = createAskSecret(input as unknown as Input, output, never)('Passphrase: ')
  input.write('open sesame\r')
  expect(await answer).toBe('open sesame')
  expect(shown()).toBe('Passphrase: \n')
})

test('[DEV14] from a pipe each question gets the next line, and nothing is asked aloud', async () => {
  const input = new PassThrough()
  const { output, shown } = screen()
  const ask = createAskSecret(input as unknown as Input, output, never)
  input.write('one\r\ntw')
  const first = await ask('? ')
  const second = ask('? ')
  input.write('o\nthree')
  input.end()
  expect([first, await second, await ask('? '), await ask('? ')]).toEqual(['one', 'two', 'three', ''])
  expect(shown()).toBe('')
})

test('[X10] Ctrl-C ends the asking', async () => {
  const stop = new AbortController()
  const { output } = screen()
  const asked = createAskSecret(new PassThrough() as unknown as Input, output, stop.signal)('? ')
  stop.abort(new DOMException('Stopped.', 'AbortError'))
  await expect(asked).rejects.toThrow('Stopped.')
})
