// A network to test in, made of namespaces: an open segment, the server on it, an HTTP proxy, and sites behind routers of each
// kind. Every home uses the same private network, as homes do. What runs in it is lab-stage.ts's.
//
//   open (bridge, 203.0.113.1) -- post 203.0.113.10
//                              -- proxy 203.0.113.11
//                              -- router 203.0.113.20+ (wan) | (lan) 192.168.1.1 -- device 192.168.1.2

import { type Namespace, openNamespaces } from './namespaces.ts'
import { routerRules, type SiteKind } from './site-kind.ts'

const OPEN_PREFIX = '203.0.113'
const GATEWAY = `${OPEN_PREFIX}.1`
export const SERVER_ADDRESS = `${OPEN_PREFIX}.10`
export const PROXY_ADDRESS = `${OPEN_PREFIX}.11`
/** Sites are numbered from here, and take new addresses from there. */
const FIRST_SITE = 20
const FIRST_MOVED = 120

export interface Site {
  readonly kind: SiteKind
  /** Where the device's processes run. */
  readonly device: Namespace
  /** What the open segment sees it under. Changes by `move`. */
  readonly openAddress: string
  /** The device's own address; the same where it is public. */
  readonly deviceAddress: string
  /** The device gets another address, and where it is public the open segment sees another one, too. */
  move(): Promise<void>
  /** What the device sends is held to so many bits a second. */
  slow(bitsPerSecond: number): Promise<void>
  /** The line to the open segment is cut, or mended. */
  cut(): Promise<void>
  mend(): Promise<void>
}

export interface Network extends AsyncDisposable {
  readonly post: Namespace
  readonly proxy: Namespace
  /** The bridge itself: whoever listens here hears everybody. */
  readonly open: Namespace
  /** A new site, with one device. */
  site(kind: SiteKind): Promise<Site>
}

export async function openNetwork(): Promise<Network> {
  await using stack = new AsyncDisposableStack()
  const namespaces = stack.use(await openNamespaces())
  const open = await namespaces.add('open')
  await open.ip('link', 'add', 'bridge', 'type', 'bridge')
  await open.ip('address', 'add', `${GATEWAY}/24`, 'dev', 'bridge')
  await open.ip('link', 'set', 'bridge', 'up')
  let ports = 0

  /** A line from the open segment into a namespace, with an address and everything else beyond the gateway, where it ends. */
  async function connect(namespace: Namespace, name: string, address: string): Promise<string> {
    const port = `port${ports++}`
    await open.ip('link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', namespace.name)
    await open.ip('link', 'set', port, 'master', 'bridge', 'up')
    await namespace.ip('address', 'add', `${address}/24`, 'dev', name)
    await namespace.ip('link', 'set', name, 'up')
    await namespace.ip('route', 'add', 'default', 'via', GATEWAY)
    return port
  }

  const post = await namespaces.add('post')
  await connect(post, 'wan', SERVER_ADDRESS)
  const proxy = await namespaces.add('proxy')
  await connect(proxy, 'wan', PROXY_ADDRESS)
  let sites = 0
  let moves = 0

  async function site(kind: SiteKind): Promise<Site> {
    const number = sites++
    const device = await namespaces.add(`${number}-${kind}`)
    let openAddress = `${OPEN_PREFIX}.${FIRST_SITE + number}`
    let host = 2
    let port: string
    if (kind === 'public') port = await connect(device, 'wan', openAddress)
    else {
      const router = await namespaces.add(`${number}-router`)
      port = await connect(router, 'wan', openAddress)
      await router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
      await router.ip('link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan', 'netns', device.name)
      await router.ip('address', 'add', '192.168.1.1/24', 'dev', 'lan')
      await router.ip('link', 'set', 'lan', 'up')
      await router.nft(routerRules(kind, { device: '192.168.1.2', server: SERVER_ADDRESS, proxy: PROXY_ADDRESS }))
      await device.ip('address', 'add', '192.168.1.2/24', 'dev', 'lan')
      await device.ip('link', 'set', 'lan', 'up')
      await device.ip('route', 'add', 'default', 'via', '192.168.1.1')
    }
    const deviceAddress = () => (kind === 'public' ? openAddress : `192.168.1.${host}`)
    const HTTPS_PROXY = kind === 'proxy-only' ? `http://${PROXY_ADDRESS}:${PROXY_PORT}` : ''
    // A proxy of the machine that runs the lab leads nowhere in here.
    const placed = { ...device, env: { HTTPS_PROXY, https_proxy: HTTPS_PROXY } }
    return {
      kind,
      device: placed,
      get openAddress() {
        return openAddress
      },
      get deviceAddress() {
        return deviceAddress()
      },
      async move() {
        const before = deviceAddress()
        if (kind === 'public') openAddress = `${OPEN_PREFIX}.${FIRST_MOVED + moves++}`
        else host++
        const [name, gateway] = kind === 'public' ? ['wan', GATEWAY] : ['lan', '192.168.1.1']
        await device.ip('address', 'del', `${before}/24`, 'dev', name)
        await device.ip('address', 'add', `${deviceAddress()}/24`, 'dev', name)
        await device.ip('route', 'replace', 'default', 'via', gateway)
      },
      async slow(bitsPerSecond) {
        const queue = ['tbf', 'rate', `${bitsPerSecond}bit`, 'burst', '64kb', 'latency', '50ms']
        await device.run('tc', 'qdisc', 'replace', 'dev', kind === 'public' ? 'wan' : 'lan', 'root', ...queue)
      },
      cut: () => open.ip('link', 'set', port, 'down'),
      mend: () => open.ip('link', 'set', port, 'up'),
    }
  }

  const kept = stack.move()
  return { post, proxy, open, site, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Where the proxy listens. */
export const PROXY_PORT = 3128
