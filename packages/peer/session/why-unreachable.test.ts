import { expect, test } from 'vitest'
import { openHttpLine } from './http-line.ts'
import { certificateTrouble } from './why-unreachable.ts'

const failed = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code }) })

test('[GON8] a certificate that cannot be believed is told as what it is, with what to do, and anything else as unreachable', async () => {
  const met = async (code: string) => {
    const fetch = () => Promise.reject(failed(code))
    await using line = openHttpLine({ origin: 'https://example.org', fetch })
    return await line.call('FINGER', '/').catch((error: unknown) => error)
  }
  expect(await met('CERT_HAS_EXPIRED')).toMatchObject({
    code: 'server-unreachable',
    message: 'The certificate of the server has run out, so nothing is said to it.',
    todo: expect.stringContaining('renew') as string,
  })
  expect(await met('SELF_SIGNED_CERT_IN_CHAIN')).toMatchObject({
    message: expect.stringContaining('does not trust') as string,
  })
  expect(await met('ECONNREFUSED')).toMatchObject({ message: 'The server cannot be reached.', todo: undefined })
  expect(certificateTrouble(failed('toString'))).toBeUndefined()
  const ring = new Error('round')
  ring.cause = ring
  expect(certificateTrouble(ring)).toBeUndefined()
})
