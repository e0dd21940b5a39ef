// A file offered under a new key, and the source that serves it to whoever the path lets ask: the sending side of every benchmark
// of ours.

import { systemClock } from '@doorpost/peer/clock'
import { openMediaFile } from '@doorpost/peer/node/media-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { offerMedia } from '@doorpost/peer/send/offer'
import { createSource } from '@doorpost/peer/send/serve'
import { toBase64url } from '@doorpost/protocol/bytes'

export interface OfferedFilm {
  /** What the receiving side is told: root and key are base64url. */
  readonly handle: { readonly sizeBytes: number; readonly root: string; readonly key: string }
  /** Whoever offers closes it. */
  readonly source: ReturnType<typeof createSource>
}

export async function offerFilm(path: string): Promise<OfferedFilm> {
  const file = await openMediaFile(path)
  const offer = await offerMedia({ file, crypto: nodePieceCrypto, signal: new AbortController().signal })
  await file.close()
  const source = createSource({
    find: () => Promise.resolve({ path, ...offer }),
    open: openMediaFile,
    crypto: nodePieceCrypto,
    clock: systemClock,
  })
  const { sizeBytes, root, key } = offer
  return { handle: { sizeBytes, root: toBase64url(root), key: toBase64url(key) }, source }
}
