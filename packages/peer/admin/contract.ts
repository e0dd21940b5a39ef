// What whoever runs a server asks of it through their device: shapes and operations of admin/. Plain JSON, as the server's own
// (protocol/messages/admin.ts). To everybody else all of them throw Trouble `not-found`: the server says that there is no such thing.

import type {
  AdminFigures,
  AdminInvitations,
  AdminLimits,
  AdminStanding,
  AdminUser,
  AdminUsers,
} from '@doorpost/protocol/messages/admin'

export interface AdminOperations {
  /** What passes now, and the figures of days. */
  admin: { args: Record<string, never>; result: AdminFigures }
  /** In order of name; `begin`: those whose names begin so; `after`: behind that name. */
  'admin.users': { args: { begin?: string; after?: string }; result: AdminUsers }
  /** Closes, removes or opens an account. Answers how it stands now. */
  'admin.stand': { args: { name: string; standing: AdminStanding }; result: AdminUser }
  'admin.invitations': { args: Record<string, never>; result: AdminInvitations }
  /** A link with which one person can register. It is shown once: the server knows its hash alone. */
  'admin.invite': { args: { lifetimeMs?: number }; result: { link: string; tokenHash: string; expires: string } }
  'admin.revoke': { args: { tokenHash: string }; result: AdminInvitations }
  /** Puts one of whoever runs the server back. */
  'admin.restore': { args: { tokenHash: string; expires: string }; result: AdminInvitations }
  'admin.limits': { args: Record<string, never>; result: AdminLimits }
  /** Null: as the policy file or this program has it. */
  'admin.set': { args: { changes: Record<string, number | string | null> }; result: AdminLimits }
}
