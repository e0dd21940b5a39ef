// The tunnel as a path, held to what every path must do: two devices, a whole server between them, real sockets.

import { contractCaller, pathContract } from '@doorpost/peer/paths/path.contract'
import type { Source } from '@doorpost/peer/paths/path'
import { befriend, openTunnelStage, type Tunneller } from './tunnel-stage.ts'

/** In parts over fetch, as browsers do; and as Node does, streaming both ways. */
for (const http of ['fetch', 'node'] as const) {
  pathContract(
    'tunnel',
    async (source) => {
      // What a second pair of sockets in between would hold is no part of the path.
      const stage = await openTunnelStage({ watched: http === 'fetch' })
      const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
      await befriend(alice, bob)
      await stage.message(alice, [bob])
      const of = (who: Tunneller) => (http === 'node' ? who.nodeHttp : who.http)
      await alice.serve(asContractCaller(source, bob.address), of(alice))
      const path = await bob.open(alice, of(bob))
      return {
        path,
        breakLine: () => (http === 'fetch' ? stage.cut() : void stage.server.drain()),
        async close() {
          path.close()
          await stage[Symbol.asyncDispose]()
        },
      }
    },
    { silent: true },
  )
}

/** The contract's source expects its own caller; that it is bob who asks is told apart here. */
function asContractCaller(source: Source, bob: string): Source {
  const known = <Caller extends { address: string }>(caller: Caller): Caller => {
    if (caller.address !== bob) throw new Error(`${caller.address} asks, not bob`)
    return { ...caller, address: contractCaller.address }
  }
  return {
    list: (caller, ...rest) => source.list(known(caller), ...rest),
    piece: (caller, ...rest) => source.piece(known(caller), ...rest),
    have: (caller, ...rest) => source.have(known(caller), ...rest),
    claim: (caller, ...rest) => source.claim(known(caller), ...rest),
  }
}
