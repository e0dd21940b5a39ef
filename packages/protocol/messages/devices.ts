// SEND /devices: a logged-in device hands in the next device list of its user; lists chain, so an older one is refused.

import { z } from 'zod'
import { signedSchema } from '../signature.ts'

export const publishListSchema = z.strictObject({ deviceList: signedSchema })
