// What a device remembers, as a contract: named rooms of documents and bytes. node/ keeps it in SQLite, the browser in
// IndexedDB, tests in memory. Each implementation runs store.contract.ts.

/** Documents are JSON; rooms whose name ends in `-bytes` hold bytes. */
export type StoreRoom =
  | 'identity'
  | 'people'
  | 'invitations'
  | 'offers'
  | 'lists-bytes'
  | 'outbox'
  | 'sent'
  | 'arrivals'
  | 'inbox'
  | 'receipts'
  | 'retention'
  | 'watched'
  | 'copies'
  | 'settings'
  | 'talk'
  | 'grants'

export type Change =
  | { readonly put: StoreRoom; readonly key: string; readonly value: unknown }
  | { readonly drop: StoreRoom; readonly key: string }

export interface Store extends AsyncDisposable {
  /** Documents come back as copies: changing one changes nothing here. Values were checked when they were put. */
  get<T>(room: StoreRoom, key: string): Promise<T | undefined>
  /** In order of key. Those that begin with `without` are left out, and not read. */
  all<T>(room: StoreRoom, prefix?: string, without?: string): Promise<{ key: string; value: T }[]>
  /** All or nothing, and on stable storage when it resolves. Calls are carried out in the order they were made. */
  write(changes: readonly Change[]): Promise<void>
}
