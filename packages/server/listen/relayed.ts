// Which request bodies are relayed as they come instead of being held: a device's answer through the tunnel. Their size and
// whole duration have no bound at the doors; their silence has, and what may pass is the tunnel's to say.

const TUNNEL_ANSWER = /^\/tunnel\/[^/]+$/

export function isRelayed(method: string, path: string): boolean {
  return method === 'SEND' && TUNNEL_ANSWER.test(path)
}
