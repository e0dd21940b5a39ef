// The page of whoever runs the server.

export function AdminPage() {
  return null
}
