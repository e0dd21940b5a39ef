// What a browser, a load balancer and Prometheus ask: GET /, /healthz and /metrics.

import { Refusal } from '@doorpost/protocol/errors'
import { text } from './bodies.ts'
import type { Answer } from './listen/exchange.ts'
import { isLoopback } from './listen/forwarded.ts'
import type { Call, Rooms } from './rooms.ts'

export async function health(rooms: Rooms): Promise<Answer> {
  return rooms.isDraining() ? text(503, 'closing down\n') : text(200, 'ok\n')
}

export async function figures(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  if (rooms.policy().metrics === 'loopback' && !isLoopback(exchange.remoteAddress)) throw new Refusal('not-allowed')
  const { body, type } = await rooms.metrics.text()
  return text(200, body, type)
}

/** It has one style of its own, and nothing else. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export async function frontPage({ domain }: Rooms): Promise<Answer> {
  const answer = text(200, page(domain), 'text/html; charset=utf-8')
  return {
    ...answer,
    headers: { ...answer.headers, 'content-security-policy': POLICY },
  }
}

/** `domain` is a canonical domain: letters, digits, dots, dashes, colons and brackets, so it needs no escaping. */
function page(domain: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Doorpost at ${domain}</title>
<style>
  :root { color-scheme: light dark }
  body { font: 17px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1.25rem }
  h1 { font-size: 1.5rem; font-weight: 600 }
  code { font-size: .95em }
</style>
<h1>This is a post office for films.</h1>
<p>It passes small sealed messages between people whose addresses end in <code>@${domain}</code>.
The films themselves never come here: they go from door to door, from the sender's device to yours.</p>
<p>To join from a terminal:</p>
<p><code>doorpost join ORIGIN NAME</code>, where ORIGIN is the address of this page and NAME is the name you would like.</p>
</html>
`
}
