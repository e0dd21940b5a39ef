// What the service worker and the page say to each other about media: for each request a channel of its own, so that neither has to
// remember the other. The worker may be ended and begun again by the browser at any moment.

/** Where players find media: `/media/TOKEN/NAME`. The name is for a person who looks; nothing goes by it. */
export const MEDIA_FOLDER = '/media/'

/** To every page of this origin, with a port: who has this token? */
export interface WhoHas {
  readonly kind: 'media'
  readonly token: string
}

/** Answered on that port, once. Then `read` and `stop` go there and `bytes` or `trouble` come back. */
export type MediaFound =
  | {
      readonly kind: 'found'
      /** As the response shall call it; the worker looks at it again. */
      readonly type: string
      readonly sizeBytes: number
      /** For the file on a disk; absent where it is for a player. */
      readonly saveAs?: string
    }
  | { readonly kind: 'not-mine' }
  | { readonly kind: 'busy' }

/** One at a time. `stop` ends the one that is under way, and the request with it. */
export type MediaWish =
  | { readonly kind: 'read'; readonly offset: number; readonly length: number }
  | { readonly kind: 'stop' }

export type MediaGiven =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'trouble' }

/** From a page while it plays or saves: a message begins the time anew after which a browser ends an idle worker. */
export const AWAKE = 'awake'
/** From a page whose user asked for it: the version that waits takes over. */
export const TAKE_OVER = 'take-over'
