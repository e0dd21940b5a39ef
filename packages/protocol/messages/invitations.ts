// SEND /invitations: a logged-in user deposits the hash of a one-use token that it puts into a link or QR code. Whoever
// shows the token becomes a mutual contact at once, and may register where the policy lets members invite.

import { z } from 'zod'
import { instantSchema } from '../dates.ts'
import { hashSchema } from '../signature.ts'

export const inviteSchema = z.strictObject({ tokenHash: hashSchema, expires: instantSchema })
