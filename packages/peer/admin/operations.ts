// The operations of whoever runs a server: each asks one row of it, and checks what comes back.

import { toBase64url } from '@doorpost/protocol/bytes'
import { invitationHash, registrationLink } from '@doorpost/protocol/invitation-link'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import {
  adminFiguresSchema,
  adminInvitationsSchema,
  adminLimitsSchema,
  adminUsersSchema,
  stoodSchema,
} from '@doorpost/protocol/messages/admin'
import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { type Operations, Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import type { AdminOperations } from './contract.ts'

/** How long an invitation holds where nothing is said, ms. */
const INVITATION_LIFETIME_MS = 7 * 24 * 3600_000
const TOKEN_BYTES = 16

export interface AdminOptions {
  readonly line: Pick<Line, 'call'>
  readonly me: Pick<Identity, 'origin'>
  readonly clock: Pick<Clock, 'nowMs'>
  readonly random: Random
}

type Table = {
  [Name in keyof AdminOperations]: (
    args: Operations[Name]['args'],
    context: { readonly signal: AbortSignal },
  ) => Promise<Operations[Name]['result']>
}

export function createAdminOperations({ line, me, clock, random }: AdminOptions): Table {
  async function ask<T>(
    method: string,
    target: string,
    schema: z.ZodType<T>,
    { body, signal }: { readonly body?: unknown; readonly signal: AbortSignal },
  ): Promise<T> {
    const answer = await line.call(method, target, { signal, ...(body !== undefined && { body }) })
    const parsed = schema.safeParse(answer.body)
    if (!parsed.success)
      throw brokeProtocol('The server told its figures in a way that means nothing here.', parsed.error)
    return parsed.data
  }
  const invitations = (signal: AbortSignal) => ask('LIST', '/admin/invitations', adminInvitationsSchema, { signal })

  return {
    admin: (_args, { signal }) => ask('LIST', '/admin', adminFiguresSchema, { signal }),
    'admin.users'({ begin, after }, { signal }) {
      const query = new URLSearchParams({
        ...(begin !== undefined && { begin }),
        ...(after !== undefined && { after }),
      })
      return ask('LIST', `/admin/users${query.size === 0 ? '' : `?${query}`}`, adminUsersSchema, { signal })
    },
    async 'admin.stand'(body, { signal }) {
      return (await ask('SEND', '/admin/users', stoodSchema, { body, signal })).user
    },
    'admin.invitations': (_args, { signal }) => invitations(signal),
    async 'admin.invite'({ lifetimeMs = INVITATION_LIFETIME_MS }, { signal }) {
      if (!(lifetimeMs >= 60_000 && lifetimeMs <= LIFETIME_MAX_MS)) {
        throw new Trouble('malformed', 'An invitation holds from a minute to 90 days.')
      }
      const token = toBase64url(random(TOKEN_BYTES))
      const tokenHash = invitationHash(token)
      const expires = new Date(clock.nowMs() + Math.floor(lifetimeMs)).toISOString()
      await line.call('SEND', '/admin/invitations', { body: { tokenHash, expires }, signal })
      return { link: registrationLink(me.origin, token), tokenHash, expires }
    },
    async 'admin.revoke'({ tokenHash }, { signal }) {
      await line.call('REMOVE', '/admin/invitations', { body: { tokenHashes: [tokenHash] }, signal })
      return await invitations(signal)
    },
    async 'admin.restore'(body, { signal }) {
      await line.call('SEND', '/admin/invitations', { body, signal })
      return await invitations(signal)
    },
    'admin.limits': (_args, { signal }) => ask('LIST', '/admin/limits', adminLimitsSchema, { signal }),
    'admin.set': (body, { signal }) => ask('SEND', '/admin/limits', adminLimitsSchema, { body, signal }),
  }
}
