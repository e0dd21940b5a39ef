// Where only HTTPS through a proxy is allowed: every https and wss request of this process goes the way that HTTPS_PROXY names,
// by CONNECT. Loopback is never asked of a proxy. Direct paths are plain TCP and do not use it.

import type { setGlobalProxyFromEnv } from 'node:http'

/** Never reached through a proxy, whatever NO_PROXY says: a server on loopback is this machine's own. */
const OWN_MACHINE = 'localhost,.localhost,127.0.0.1,[::1]'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy that HTTPS_PROXY (or https_proxy) names, as a URL; undefined where there is none, `fault` where it names nothing. */
export function proxyOf(env: Environment): { url: string } | { fault: string } | undefined {
  const written = env['https_proxy'] || env['HTTPS_PROXY']
  if (written === undefined || written === '') return undefined
  // `proxy:3128` is how many people write it.
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`
  if (URL.canParse(url) && /^https?:/i.test(url)) return { url }
  return { fault: 'HTTPS_PROXY is not the address of a proxy, such as http://proxy.example.org:3128.' }
}

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
