// Kept copies: what is here, and how to clear it away.

export function StoragePage() {
  return null
}
