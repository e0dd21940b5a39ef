// Node has WebCrypto as browsers have it: the same code, against Node's own. In a browser: scenarios/browser-contracts.scenario.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodePieceCrypto } from '../node/piece-crypto.ts'
import { createWebPieceCrypto } from './web-crypto.ts'

test('[BRO4] WebCrypto makes the same of every piece, wherever it lies in the media', async () => {
  const web = createWebPieceCrypto()
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat({ max: 2 ** 38 }),
      fc.uint8Array({ maxLength: 300 }),
      async (key, block, bytes) => {
        const ours = bytes.slice()
        const wanted = bytes.slice()
        await web.cipher(key, block * 16, ours)
        await nodePieceCrypto.cipher(key, block * 16, wanted)
        expect(ours).toEqual(wanted)
        expect(await web.hash(bytes)).toEqual(new Uint8Array(await nodePieceCrypto.hash(bytes)))
        await web.cipher(key, block * 16, ours)
        expect(ours).toEqual(bytes)
      },
    ),
  )
})

test('[BRO4] a piece that takes several calls is enciphered as one', async () => {
  const [key, offset] = [new Uint8Array(32).fill(9), 7 * 1024 * 1024]
  const [ours, wanted] = [new Uint8Array(700_005).fill(3), new Uint8Array(700_005).fill(3)]
  await createWebPieceCrypto().cipher(key, offset, ours)
  await nodePieceCrypto.cipher(key, offset, wanted)
  expect(Buffer.compare(ours, wanted)).toBe(0)
})

test('[BRO4] keys and nonces of any length are asked for in portions that browsers give', () => {
  const bytes = createWebPieceCrypto().random(200_000)
  expect(bytes.length).toBe(200_000)
  expect(bytes.subarray(131_072).some((byte) => byte !== 0)).toBe(true)
})
