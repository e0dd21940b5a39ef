// Where only HTTPS through a proxy is allowed: every https and wss request of this process goes the way that HTTPS_PROXY names,
// by CONNECT. Loopback is never asked of a proxy. Direct paths are plain TCP and do not use it.

import { type Environment, proxyOf } from '@doorpost/peer/node/https-proxy'
import type { setGlobalProxyFromEnv } from 'node:http'

/** Never reached through a proxy, whatever NO_PROXY says: a server on loopback is this machine's own. */
const OWN_MACHINE = 'localhost,.localhost,127.0.0.1,[::1]'

/** From now on this process goes through the proxy of its environment, if there is one. Answers what is wrong with it. */
export async function goThroughProxy(
  env: Environment,
  begin?: (settings: NonNullable<Parameters<typeof setGlobalProxyFromEnv>[0]>) => unknown,
): Promise<string | undefined> {
  const proxy = proxyOf(env)
  if (proxy === undefined) return undefined
  if ('fault' in proxy) return proxy.fault
  const exceptions = env['no_proxy'] || env['NO_PROXY']
  const settings = { https_proxy: proxy.url, no_proxy: exceptions ? `${exceptions},${OWN_MACHINE}` : OWN_MACHINE }
  // Loaded only where there is a proxy: it takes longer than the shortest commands.
  begin ??= (await import('node:http')).setGlobalProxyFromEnv
  begin(settings)
  return undefined
}
