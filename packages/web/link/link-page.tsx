// What a link shows to whoever opens it, with or without an account.

export function LinkPage() {
  return null
}
