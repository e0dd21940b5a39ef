// Which path two kinds of sites can have, against what is known of such routers.

import { describe, expect, test } from 'vitest'
import { bestPath, routerRules, SITE_KINDS } from './site-kind.ts'

describe('kinds of sites', () => {
  test('[LAB2] who can be dialled is dialled; UDP goes through where one side can foresee the other; else the tunnel', () => {
    const rows = SITE_KINDS.map((sender) => SITE_KINDS.map((recipient) => bestPath(sender, recipient)[0]).join(' '))
    expect(rows).toEqual([
      // public cone restricted symmetric udp-blocked server-only proxy-only
      'd d d d d t t',
      'd w w w t t t',
      'd w w t t t t',
      'd w t t t t t',
      'd t t t t t t',
      't t t t t t t',
      't t t t t t t',
    ])
  })

  test('[LAB2] without UDP no path needs it, and webrtc is the same seen from either side', () => {
    for (const one of SITE_KINDS) {
      for (const other of SITE_KINDS) {
        if (bestPath(one, other) !== 'webrtc') continue
        expect(['udp-blocked', 'server-only', 'proxy-only']).not.toContain(one)
        expect(bestPath(other, one)).not.toBe('tunnel')
      }
    }
  })

  test('[LAB2] a symmetric router draws ports at random, a cone hands on what comes, no other does', () => {
    const addresses = { device: '192.168.1.2', server: '203.0.113.10', proxy: '203.0.113.11' }
    expect(routerRules('symmetric', addresses)).toMatch(/masquerade fully-random/)
    expect(routerRules('cone', addresses)).toMatch(/udp dnat to 192\.168\.1\.2/)
    for (const kind of ['restricted', 'symmetric', 'udp-blocked', 'server-only', 'proxy-only'] as const)
      expect(routerRules(kind, addresses)).not.toMatch(/dnat to/)
  })
})
