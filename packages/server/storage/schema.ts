// The tables of the SQLite storage and how older data folders are brought up to date. A migration that has been released
// is never edited: the next one is added behind it. PRAGMA user_version is the number of migrations done.

import type { Database } from 'better-sqlite3'

/** "DPst": tells our files from other programs' (https://sqlite.org/fileformat.html, section 1.3.14). */
const APPLICATION_ID = 0x44507374

export const MIGRATIONS: readonly string[] = [
  `
  create table accounts (
    address text primary key,
    head_sequence integer not null,
    head_hash text not null,
    share text not null,
    created_at_ms integer not null,
    device_list text not null
  ) strict;

  create table approvals (owner text not null, other text not null, primary key (owner, other)) strict, without rowid;
  create table blocks (owner text not null, other text not null, primary key (owner, other)) strict, without rowid;

  -- An inviter of null is the administrator.
  create table invitations (
    token_hash text primary key,
    inviter text,
    expires_at_ms integer not null,
    registered integer not null default 0,
    met integer not null default 0
  ) strict, without rowid;
  create index invitations_of_inviter on invitations (inviter, expires_at_ms);

  -- In the order they were added, so that the oldest can go.
  create table logins (
    number integer primary key,
    token_hash text not null unique,
    device text not null,
    expires_at_ms integer not null
  ) strict;
  create index logins_of_device on logins (device);

  -- Stays until it expires, also when every copy was removed; then the body is empty.
  create table messages (
    position integer primary key,
    sender text not null,
    id text not null,
    from_device text not null,
    class text not null,
    recipients text not null,
    date text not null,
    expires text not null,
    accepted_at_ms integer not null,
    expires_at_ms integer not null,
    digest text not null,
    body text not null
  ) strict;
  create unique index messages_by_id on messages (sender, id);
  create index messages_by_expiry on messages (expires_at_ms);

  -- Every row counts in fill. One whose sealed_key is null was removed and counts until its message expires.
  -- Its number is 1024 times the position and its place among the copies of the message (sqlite-copies.ts): those of one
  -- message stand together without an index.
  create table copies (
    number integer primary key,
    position integer not null,
    device text not null,
    user text not null,
    sender text not null,
    pool text not null,
    bytes integer not null,
    sealed_key text
  ) strict;
  create index copies_waiting on copies (device, position) where sealed_key is not null;

  -- What copies occupy, per pool and sender; sender '' is the whole pool (mail-quota.ts).
  create table fill (
    user text not null,
    pool text not null,
    sender text not null,
    copies integer not null,
    bytes integer not null,
    primary key (user, pool, sender)
  ) strict, without rowid;
  `,
  `
  create table preferences (user text primary key, sequence integer not null, slot text not null) strict;
  `,
  `
  -- A device list of '' is a removed account that was forgotten: its name stays taken.
  alter table accounts add column standing text not null default 'open';
  alter table accounts add column standing_since_ms integer not null default 0;
  alter table accounts add column seen_day integer;
  create index accounts_standing on accounts (standing, standing_since_ms) where standing <> 'open';

  create table figures (day integer not null, name text not null, value integer not null, primary key (day, name)) strict, without rowid;
  create table limits (name text primary key, value any not null) strict, without rowid;
  `,
  `
  -- Taken back: sealed is null, until it would have ended.
  create table grants (
    slot text primary key,
    user text not null,
    from_device text not null,
    message_id text not null,
    access_key text not null,
    expires text not null,
    expires_at_ms integer not null,
    sealed text
  ) strict;
  create index grants_of_user on grants (user, expires_at_ms);
  create index grants_by_expiry on grants (expires_at_ms);
  `,
  `
  create table tunnel_days (day integer not null, user text not null, bytes integer not null, primary key (day, user)) strict, without rowid;
  `,
]

/** Brings the tables to the newest version. Throws when a newer program has used the file, or another program's it is. */
export function migrate(db: Database, migrations: readonly string[] = MIGRATIONS): void {
  const applicationId = db.pragma('application_id', { simple: true }) as number
  const version = db.pragma('user_version', { simple: true }) as number
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || version !== 0)) {
    throw new Error(`${db.name} is a database of another program.`)
  }
  if (version > migrations.length) {
    throw new Error(
      `${db.name} was last used by a newer doorpost (version ${version}, this one knows ${migrations.length}).`,
    )
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${index + 1}`)
    }).immediate()
  }
}
