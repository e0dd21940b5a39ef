// The device of a home: through its agent where one runs, else opened here for as long as this command runs.
// With an agent only the control client is loaded: a command must begin its work soon after it was typed.

import type { OpenedPeer } from './surroundings.ts'

export async function openPeer(home: string): Promise<OpenedPeer> {
  const { connectControl } = await import('@doorpost/peer/node/control-client')
  const peer = await connectControl(home)
  if (peer !== undefined) return { peer, agent: true, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() }
  const { openAgent } = await import('@doorpost/peer/node/agent')
  const own = await openAgent({ home, as: 'command' })
  return { peer: own.peer, agent: false, [Symbol.asyncDispose]: () => own.close() }
}
