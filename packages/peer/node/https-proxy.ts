// Which HTTP proxy leads to the server, as the environment says. Going through it is the program's business.

export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy that HTTPS_PROXY (or https_proxy) names, as a URL; undefined where there is none, `fault` where it names nothing. */
export function proxyOf(env: Environment): { url: string } | { fault: string } | undefined {
  const written = env['https_proxy'] || env['HTTPS_PROXY']
  if (written === undefined || written === '') return undefined
  // `proxy:3128` is how many people write it.
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`
  if (URL.canParse(url) && /^https?:/i.test(url)) return { url }
  return { fault: 'HTTPS_PROXY is not the address of a proxy, such as http://proxy.example.org:3128.' }
}
