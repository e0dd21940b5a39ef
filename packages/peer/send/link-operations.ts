// What a user asks of their links (operations.ts: links.*).

import type { Operations, Progress } from '../operations.ts'
import { Trouble } from '../operations.ts'
import type { Grants } from './grants.ts'
import type { LinkHandOver } from './link-hand-over.ts'
import { makeLink } from './make-link.ts'

type LinkOperation = 'links.make' | 'links.list' | 'links.wait' | 'links.handOver' | 'links.revoke'

interface Context {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

type Table = {
  [Name in LinkOperation]: (args: Operations[Name]['args'], context: Context) => Promise<Operations[Name]['result']>
}

/** How often a link that is waited for is looked at, ms: its end is told by nobody. */
const LOOK_EVERY_MS = 60_000

export function linkOperations(
  options: Parameters<typeof makeLink>[2] & { readonly linkHandOver: Pick<LinkHandOver, 'ask'> },
): Table {
  const { grants, clock } = options
  return {
    'links.make': (args, context) => makeLink(args, context, options),
    'links.list': async () => grants.list(),
    'links.wait': async ({ id }, context) => await untilOver(id, context, grants, clock),
    'links.handOver': ({ id, device }) => options.linkHandOver.ask(id, device),
    'links.revoke': ({ id }) => grants.revoke(id),
  }
}

async function untilOver(
  what: string,
  { signal, onProgress }: Context,
  grants: Grants,
  clock: Parameters<typeof makeLink>[2]['clock'],
): Promise<Operations['links.wait']['result']> {
  const { id } = grants.status(what)
  const { promise, resolve, reject } = Promise.withResolvers<Operations['links.wait']['result']>()
  const look = () => {
    try {
      const status = grants.status(id)
      if (status.state !== 'waiting' && status.state !== 'fetching') resolve(status)
    } catch (error) {
      reject(error)
    }
  }
  let cancel = () => {}
  const lookAgain = () => {
    look()
    cancel = clock.after(LOOK_EVERY_MS, lookAgain)
  }
  const end = grants.onChange((changed) => {
    if (changed !== id) return
    onProgress({ kind: 'link', status: grants.status(id) })
    look()
  })
  const abort = () => reject(new Trouble('cancelled', 'Stopped waiting. The link stays as it is.'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (signal.aborted) abort()
    lookAgain()
    return await promise
  } finally {
    end()
    cancel()
    signal.removeEventListener('abort', abort)
  }
}
