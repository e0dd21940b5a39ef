// PIPE /tunnels/NAME/DEVICE with a body: a requester hands a request to one device and waits for the answer; the server
// admits it by the envelope named in `Doorpost-Message: FROM ID`. PIPE /tunnel without a body: that device collects its next
// request, with `Doorpost-Pipe: ID`; SEND /tunnel/ID answers it. A device with a session gets the request pushed instead.
// Bodies are opaque bytes; what devices put into them is tunnel-request.ts's.

import { z } from 'zod'
import { deviceAddressSchema } from '../handle.ts'
import { PIPE_BYTES_MAX } from '../limits.ts'
import { base64urlOf } from '../signature.ts'

/** Names the message whose envelope admits the request: the sender's device address, a space, the message id. */
export const MESSAGE_HEADER = 'doorpost-message'
/** Names a collected request, for the answer. */
export const PIPE_HEADER = 'doorpost-pipe'
/** Who asks, as the server authenticated it: a device address. */
export const REQUESTER_HEADER = 'doorpost-requester'

/**
 * Pushed to the sessions of a device that said it is on-line: somebody asks. Sent again over the next session until it is
 * answered or nobody waits any more, so the same id may come twice.
 */
export const pipePushSchema = z.strictObject({
  kind: z.literal('pipe'),
  id: base64urlOf(16),
  requester: deviceAddressSchema,
  /** The request's bytes, base64 (RFC 4648 section 4). */
  request: z.base64().max(Math.ceil(PIPE_BYTES_MAX / 3) * 4),
})
export type PipePush = z.infer<typeof pipePushSchema>
