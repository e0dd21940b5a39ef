// stub
import type { Store } from './store.ts'
export function openMemoryStore(): Store {
  throw new Error('not yet')
}
