// How a browser that holds a link reaches the device behind it by webrtc: offers beside a question through the tunnel, and takes the one
// answer to it. Whether the person at this browser shows their address is link-device.ts's to ask; until they do nothing here is called,
// no connection is made and no candidate gathered.

import { toBase64url } from '@doorpost/protocol/bytes'
import { type GrantKeys, type GrantLink, grantPathKey } from '@doorpost/protocol/grant'
import {
  GRANT_PATH_NONCE_BYTES,
  type GrantPathContext,
  type GrantPathOffer,
  openGrantAnswer,
  sealGrantOffer,
} from '@doorpost/protocol/grant-path'
import type { OfferedAnswer } from '../paths/path.ts'
import type { PathOpener, Target } from '../paths/openers.ts'
import { type AttemptOptions, offerAndOpen, startAttempt } from '../paths/webrtc-attempt.ts'
import { askingPath, GATHER_AT_ONCE_MS } from '../paths/webrtc-path.ts'
import type { Random } from '../random.ts'

/** What stands beside the question. */
export interface ShownOffer {
  readonly attempt: string
  readonly sealed: string
}

export interface LinkWebrtcOptions extends AttemptOptions {
  readonly link: Pick<GrantLink, 'secret' | 'fingerprint'>
  /** The link's message. */
  readonly id: string
  readonly browser: GrantKeys['access']
  readonly random: Random
  /** Until this browser owns the link it is answered nothing. */
  proved(signal: AbortSignal): Promise<void>
  /** One question through the tunnel, with the offer beside it. */
  ask(target: Target, offer: ShownOffer, signal: AbortSignal): Promise<OfferedAnswer>
}

export function createLinkWebrtc(options: LinkWebrtcOptions): PathOpener {
  const { id, browser, random, proved, ask } = options
  const key = grantPathKey(options.link)

  return {
    kind: 'webrtc',
    async open(target, signal) {
      signal.throwIfAborted()
      await proved(signal)
      const over = new AbortController()
      const attempt = startAttempt({ with: target.address, role: 'asks' }, options, () => over.abort())
      const context: GrantPathContext = {
        source: target.address,
        id,
        attempt: toBase64url(random(16)),
        browser: browser.public,
      }
      const exchange = async (offer: GrantPathOffer) => {
        const sealed = sealGrantOffer(key, context, offer, random(GRANT_PATH_NONCE_BYTES))
        const answer = await ask(target, { attempt: context.attempt, sealed }, over.signal)
        if (answer.state !== 'here') throw new Error(`${target.address} answers ${answer.state}`)
        const said = openGrantAnswer(key, context, answer.said, target.deviceKey)
        if (!said) throw new Error(`${target.address} did not sign the answer`)
        attempt.hear(said)
      }
      const channel = await offerAndOpen(
        attempt,
        (what) => {
          // What is found after the offer is told to nobody: it had its time.
          if (what.step !== 'offer') return
          exchange(what).catch((error: unknown) => attempt.end(error instanceof Error ? error.message : String(error)))
        },
        signal,
        GATHER_AT_ONCE_MS,
      )
      return askingPath(attempt, channel)
    },
  }
}
