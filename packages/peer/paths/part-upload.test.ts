import { expect, test } from 'vitest'
import { createPartUpload } from './tunnel-http.ts'

const MIB = 1024 * 1024

test('[TUN29] an answer goes up in parts that are full, whatever was written at once: a piece with its header is two', async () => {
  const parts: { bytes: Uint8Array; number: number; more: boolean }[] = []
  const upload = createPartUpload(async (bytes, part) => void parts.push({ bytes, ...part }))
  const header = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)
  const piece = Uint8Array.from({ length: MIB }, (_, at) => at % 251)
  const gone: string[] = []
  upload.write(header, () => gone.push('header'))
  upload.write(piece, () => gone.push('piece'))
  upload.end()
  await upload.done
  expect(parts.map(({ number, more }) => [number, more])).toEqual([
    [0, true],
    [1, false],
  ])
  expect(Math.max(...parts.map(({ bytes }) => bytes.length))).toBeLessThan(MIB)
  expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(Buffer.concat([header, piece]))).toBe(true)
  expect(gone).toEqual(['header', 'piece'])
})

test('[TUN29] what is written is its own until its last byte has gone; two parts are under way, and none follows a failure', async () => {
  const answers: PromiseWithResolvers<void>[] = []
  const upload = createPartUpload(() => {
    const answer = Promise.withResolvers<void>()
    answers.push(answer)
    return answer.promise
  })
  let gone = false
  upload.write(new Uint8Array(3 * MIB), () => (gone = true))
  upload.end()
  await expect.poll(() => answers.length).toBe(2)
  answers[0]?.resolve()
  await expect.poll(() => answers.length).toBe(3)
  expect(gone).toBe(false)
  answers[1]?.reject(new Error('broke off'))
  await expect(upload.done).rejects.toThrow('broke off')
  expect([gone, answers.length]).toEqual([true, 3])
})
