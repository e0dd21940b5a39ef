// stub
import type { Store } from '../store/store.ts'
/** Opens or makes the store in this file (0600). */
export async function openSqliteStore(_file: string): Promise<Store> {
  throw new Error('not yet')
}
