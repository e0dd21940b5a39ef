import { beforeEach, expect, test, vi } from 'vitest'

const kept = new Map<string, Map<string, string>>()
const matchIn = (shell: Map<string, string> | undefined, path: string) => {
  const text = shell?.get(path)
  return text === undefined ? undefined : new Response(text)
}

beforeEach(() => {
  kept.clear()
  vi.stubGlobal('__SHELL__', { version: 'new', paths: ['/assets/app-2.js'] })
  vi.stubGlobal('caches', {
    open: async (name: string) => ({ match: async (path: string) => matchIn(kept.get(name), path) }),
    keys: async () => [...kept.keys()],
    delete: async (name: string) => kept.delete(name),
    match: async (path: string) =>
      [...kept.values()].map((shell) => matchIn(shell, path)).find((found) => found !== undefined),
  })
  vi.stubGlobal('fetch', async () => new Response('from the server'))
})

const request = (path: string, mode: RequestMode = 'cors') =>
  ({ method: 'GET', mode, url: `https://post.example${path}` }) as Request

test('[RGH12] a page that stays on the version before gets its own parts, from that version alone; older ones go', async () => {
  const { answerShell, leaveOldShells } = await import('./shell.ts')
  kept.set('doorpost-shell-oldest', new Map([['/assets/app-0.js', 'oldest']]))
  kept.set(
    'doorpost-shell-old',
    new Map([
      ['/', 'old page'],
      ['/assets/app-1.js', 'old'],
    ]),
  )
  kept.set(
    'doorpost-shell-new',
    new Map([
      ['/', 'new page'],
      ['/assets/app-2.js', 'new'],
    ]),
  )
  kept.set('something-else', new Map())
  await leaveOldShells()
  expect([...kept.keys()]).toEqual(['doorpost-shell-old', 'doorpost-shell-new', 'something-else'])
  const texts = ['/assets/app-1.js', '/assets/app-2.js', '/assets/app-0.js'].map(async (path) =>
    (await answerShell(request(path)))?.text(),
  )
  expect(await Promise.all(texts)).toEqual(['old', 'new', 'from the server'])
  expect(await (await answerShell(request('/', 'navigate')))?.text()).toBe('new page')
  expect(answerShell(request('/healthz'))).toBeUndefined()
})
