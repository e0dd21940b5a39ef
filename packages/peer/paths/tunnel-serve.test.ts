import type { DeviceAddress } from '@doorpost/protocol/address'
import type { Push } from '@doorpost/protocol/messages/session'
import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import type { Source } from './path.ts'
import type { TunnelHttp } from './tunnel-http.ts'
import { serveTunnel } from './tunnel-serve.ts'

test('[TUN20] whatever stands in a push where a request should, the device goes on and answers nothing', async () => {
  let push: (one: Push) => void = () => {}
  const nobody = () => Promise.reject(new Error('asked'))
  const faults: unknown[] = []
  const served = serveTunnel({
    http: { collect: nobody, answer: () => expect.fail('answered') } as unknown as TunnelHttp,
    line: { onPush: (listener) => ((push = listener), () => {}) },
    address: 'alice@example.org/laptop' as DeviceAddress,
    source: { list: nobody } as unknown as Source,
    clock: fakeClock(),
    onFault: (error) => faults.push(error),
  })
  // The first is base64 to a reader who does not look at the last bits; the others hold nothing.
  for (const request of ['QR==', '', 'AAAA', 'no base64']) {
    expect(() =>
      push({ kind: 'pipe', id: 'AAAAAAAAAAAAAAAAAAAAAA', requester: 'bob@example.org/tv' as DeviceAddress, request }),
    ).not.toThrow()
  }
  await served.close()
  expect(faults).toEqual([])
})
