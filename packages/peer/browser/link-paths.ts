// How a browser that holds a link fetches: through the tunnel, by requests that show that the link's access key vouches for this
// browser. Before the first path it fetches one piece, verifies it and proves that it has it, which makes the link its own. From then on
// it may look for a path without the server (link-webrtc.ts), where both ends agreed.

import { fromBase64url } from '@doorpost/protocol/bytes'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { Refusal, type RefusalCode } from '@doorpost/protocol/errors'
import { pieceProof, vouchFor } from '@doorpost/protocol/grant'
import type { Handle } from '@doorpost/protocol/handle'
import { HASH_BYTES, pieceCount, pieceRange } from '@doorpost/protocol/piece-list'
import type { TunnelRequest } from '@doorpost/protocol/tunnel-request'
import { untilAborted } from '../aborted.ts'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { type Asking, openAsking } from '../paths/framed-path.ts'
import type { PathOpener, Target } from '../paths/openers.ts'
import type { OfferedAnswer, Path, PathFault } from '../paths/path.ts'
import { createTunnelCarrier } from '../paths/tunnel-carrier.ts'
import type { TunnelHttp } from '../paths/tunnel-http.ts'
import type { Random } from '../random.ts'
import type { FetchedMedia } from '../receive/verify.ts'
import { verifyList, verifyPiece } from '../receive/verify.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import type { Store } from '../store/store.ts'
import type { HeldLink } from './link-grant.ts'
import type { ShownOffer } from './link-webrtc.ts'

/** Room `grants` of this link's own store: what was proved, and what the sender was told of. */
const PROOF = 'proof'
const TOLD = 'told'
/** For one request to be held, answered and carried, ms. */
const TELL_MS = 60_000

/** What the server says to link holders whose link is over, or was taken back. */
const OVER: readonly RefusalCode[] = ['not-in-envelope', 'not-logged-in', 'login-refused']

type Shown = NonNullable<TunnelRequest['grant']>

/** The source does not give what it was asked for. */
function faulty({ state }: PathFault, source: DeviceAddress): Error {
  return new Error(`${source} answers ${state}`)
}

export interface LinkPaths {
  readonly opener: PathOpener
  /** The device that gives it out now. */
  target(): Target
  /** Settles once this browser owns the link; what came before counts. Rejects with what stood in the way, or the signal's reason. */
  proved(signal: AbortSignal): Promise<void>
  /** Shows the source an offer of a path beside a question; only an owner is answered. */
  offer(target: Target, offer: ShownOffer, signal: AbortSignal): Promise<OfferedAnswer>
  /**
   * Tells the sender, under this browser's signature, which media are stored here; what was told is not told again. False while
   * something is left to be told.
   */
  tellStored(roots: readonly string[]): Promise<boolean>
}

export async function createLinkPaths({
  held,
  http: server,
  store,
  crypto,
  clock,
  random,
  onRefused,
  onProved,
}: {
  readonly held: HeldLink
  readonly http: TunnelHttp
  readonly store: Store
  readonly crypto: PieceCrypto
  readonly clock: Clock
  readonly random: Random
  /** The source gives nothing for this link: it is over, or another browser's; or the server does not let it be asked: it is over. */
  onRefused(by: 'source' | 'server'): void
  /** From now on there is more to be had. */
  onProved(): void
}): Promise<LinkPaths> {
  const { grant, address, browser, keys } = held
  const target = (): Target => {
    const { address: serving, deviceKey } = held.serving
    return { address: serving, deviceKey, networkAddresses: [], message: { from: serving, id: grant.id } }
  }
  const http: TunnelHttp = {
    ...server,
    async ask(...asked) {
      try {
        return await server.ask(...asked)
      } catch (error) {
        if (error instanceof Refusal && OVER.includes(error.code)) onRefused('server')
        throw error
      }
    },
  }
  /** To whom, and what the access key says to them: a signature for each device that gives it out. */
  const vouches = new Map<string, string>()
  const vouchedTo = (message: Target['message']) => {
    const known = vouches.get(message.from) ?? vouchFor(browser.public, message, keys.access.secret)
    vouches.set(message.from, known)
    return known
  }
  /** The first media that has any piece. */
  const provable = grant.content.media.find(({ sizeBytes }) => pieceCount(sizeBytes) > 0)
  let proof = await store.get<NonNullable<Shown['proof']>>('grants', PROOF)
  let proving: Promise<void> | undefined

  function askingTo(target: Pick<Target, 'address' | 'message'>, more: Partial<Shown> = {}): Asking {
    const vouched = vouchedTo(target.message)
    const shown = (): Shown => ({ vouched, ...(proof && { proof }), ...more })
    const as = { address, deviceKey: browser }
    return openAsking('tunnel', createTunnelCarrier({ http, as, target, clock, random, grant: shown }))
  }

  function pathTo(target: Pick<Target, 'address' | 'message'>, more: Partial<Shown> = {}): Path {
    const { path } = askingTo(target, more)
    const heard = <T extends { state: string }>(answer: T): T => {
      if (answer.state === 'refused') onRefused('source')
      return answer
    }
    return {
      kind: path.kind,
      list: async (...asked) => heard(await path.list(...asked)),
      piece: async (...asked) => heard(await path.piece(...asked)),
      have: (...asked) => path.have(...asked),
      claim: (...asked) => path.claim(...asked),
      distrust: () => path.distrust(),
      get bytesArrived() {
        return path.bytesArrived
      },
      close: () => path.close(),
      [Symbol.dispose]: () => path[Symbol.dispose](),
      closed: path.closed,
    }
  }

  async function prove(): Promise<void> {
    const handle = provable
    if (!handle) return
    const media = mediaOf(handle)
    const asked = target()
    using path = pathTo(asked)
    const never = new AbortController().signal
    const answer = await path.list(media, pieceCount(handle.sizeBytes) * HASH_BYTES, never)
    if (answer.state !== 'here') throw faulty(answer, asked.address)
    if (!verifyList(media, answer.list)) throw new Trouble('bad-pieces', 'The piece list is not what was signed.')
    const { length } = pieceRange(handle.sizeBytes, 0)
    const piece = await path.piece(media, { index: 0, length }, () => new Uint8Array(length), never)
    if (piece.state !== 'here') throw faulty(piece, asked.address)
    if (!(await verifyPiece(answer.list, 0, piece.bytes, crypto))) {
      throw new Trouble('bad-pieces', 'The first piece is not what was signed.')
    }
    proof = { root: handle.root, hash: pieceProof(browser.public, piece.bytes) }
    await store.write([{ put: 'grants', key: PROOF, value: proof }])
  }

  async function proved(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (proof) return
    // Goes on when this attempt is given up: who sleeps may wake while the server holds the request.
    proving ??= prove()
      .then(onProved)
      .finally(() => (proving = undefined))
    await untilAborted(proving, signal)
  }

  return {
    proved,
    target,
    opener: {
      kind: 'tunnel',
      async open(_target, signal) {
        await proved(signal)
        return pathTo(target())
      },
    },
    async offer(asked, offer, signal) {
      if (!provable) return { state: 'refused' }
      const asking = askingTo(asked, { offer })
      using _path = asking.path
      return await asking.offered(mediaOf(provable), signal)
    },
    async tellStored(roots) {
      const told = new Set((await store.get<string[]>('grants', TOLD)) ?? [])
      const stored = roots.filter((root) => !told.has(root))
      const handle = grant.content.media.find(({ root }) => stored.includes(root))
      // Without a piece there is nothing to prove, and nobody to be told.
      if (!handle || !proof) return stored.length === 0 || !provable
      using path = pathTo(target(), { stored: stored.slice(0, TOLD_AT_ONCE) })
      const answer = await path.have(mediaOf(handle), AbortSignal.timeout(TELL_MS))
      if (answer.state !== 'here') return false
      for (const root of stored.slice(0, TOLD_AT_ONCE)) told.add(root)
      await store.write([{ put: 'grants', key: TOLD, value: [...told] }])
      return stored.length <= TOLD_AT_ONCE
    },
  }

  function mediaOf({ root, sizeBytes, key }: Handle): FetchedMedia {
    return { messageId: grant.id, root: fromBase64url(root), sizeBytes, key: fromBase64url(key) }
  }
}

/** As many as one request takes (protocol/tunnel-request.ts). */
const TOLD_AT_ONCE = 64
