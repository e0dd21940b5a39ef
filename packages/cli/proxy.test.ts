// Which proxy an environment names, and what is never sent through it.

import { describe, expect, test } from 'vitest'
import { proxyOf } from '@doorpost/peer/node/https-proxy'
import { goThroughProxy } from './proxy.ts'

describe('HTTPS_PROXY', () => {
  test('[LAB6] names a proxy, with or without a scheme, in either case; nothing is no proxy', () => {
    expect(proxyOf({})).toBeUndefined()
    expect(proxyOf({ HTTPS_PROXY: '' })).toBeUndefined()
    expect(proxyOf({ HTTPS_PROXY: 'http://p.example:3128' })).toEqual({ url: 'http://p.example:3128' })
    expect(proxyOf({ HTTPS_PROXY: 'p.example:3128', https_proxy: 'https://q.example' })).toEqual({
      url: 'https://q.example',
    })
    expect(proxyOf({ https_proxy: 'p.example:3128' })).toEqual({ url: 'http://p.example:3128' })
  })

  test('[LAB6] what is no proxy is told, and nothing is dialled without one', async () => {
    for (const written of ['http://', 'socks5://p.example:1080', 'http://a b']) {
      expect(await goThroughProxy({ HTTPS_PROXY: written }, () => expect.unreachable())).toMatch(/HTTPS_PROXY is not/)
    }
  })

  test('[LAB6] loopback is never asked of a proxy, beside what NO_PROXY names', async () => {
    const begun: unknown[] = []
    const env = { HTTPS_PROXY: 'p.example:3128', NO_PROXY: 'intern.example' }
    expect(await goThroughProxy(env, (settings) => begun.push(settings))).toBeUndefined()
    expect(begun).toEqual([
      { https_proxy: 'http://p.example:3128', no_proxy: 'intern.example,localhost,.localhost,127.0.0.1,[::1]' },
    ])
  })
})
