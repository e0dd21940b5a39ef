// `doorpost invite`: for the administrator of a server: a link with which one person can register. The invitation is laid
// into the server's data folder, whether the server runs or not. (A member's own link is `doorpost contacts invite`.)

import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { resolve } from 'node:path'
import { answerJson } from '../answer.ts'
import { command, jsonOption, UsageError } from '../command.ts'
import { readDurationMs } from '../read-duration.ts'
import { whenText } from '../show/when.ts'

export const invite = command({
  examples: [
    'doorpost invite --data ./data',
    'doorpost invite --data ./data --expires 30d',
    'doorpost invite --data ./data --qr',
  ],
  operands: [],
  options: {
    data: { type: 'text', value: 'DIR', about: "the server's data folder", default: './data', completes: 'folder' },
    origin: { type: 'text', value: 'URL', about: 'address of the server in the link', default: 'by its domain' },
    expires: { type: 'text', value: 'TIME', about: 'how long the link may be used: 12h, 7d', default: '7d' },
    qr: { type: 'flag', about: 'show the link as a QR code, too' },
    ...jsonOption,
  },
  async run({ options }, around) {
    const dataFolder = resolve(around.cwd, options.data ?? 'data')
    const lifetimeMs = readDurationMs(options.expires ?? '7d', 'expires', LIFETIME_MAX_MS)
    const { createInvitation } = await import('@doorpost/server/accounts/admin-invitations')
    const { recordedDomain } = await import('@doorpost/server/domain-record')
    const { parseOrigin } = await import('@doorpost/peer/session/origin')
    const { registrationLink } = await import('@doorpost/protocol/invitation-link')
    const domain = await recordedDomain(dataFolder)
    if (domain === undefined) throw new UsageError(`No server has run with the data folder ${dataFolder} yet.`)
    const origin = parseOrigin(options.origin ?? domain)
    if (origin === undefined) throw new UsageError(`${options.origin ?? domain} is no address of a server.`)
    const expires = new Date(around.now() + lifetimeMs)
    const link = registrationLink(origin, await createInvitation({ dataFolder, expires }))
    if (options.json) {
      answerJson({ link, expires: expires.toISOString() }, around)
      return undefined
    }
    around.out.write(`${link}\n`)
    if (options.qr) around.err.write((await import('../show/qr.ts')).qrText(link))
    const until = whenText(expires.toISOString(), around.now())
    around.err.write(`One person can register with it, until ${until}: npx doorpost join LINK NAME\n`)
    return undefined
  },
})
