import { expect, test } from 'vitest'
import { createPageMemory } from './page-memory.ts'

function fakeStorage(): Storage & { full: boolean } {
  const kept = new Map<string, string>()
  const storage = {
    full: false,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem(key: string, value: string) {
      if (storage.full) throw new DOMException('no room', 'QuotaExceededError')
      kept.set(key, value)
    },
    removeItem: (key: string) => void kept.delete(key),
    clear: () => kept.clear(),
  }
  return storage as unknown as Storage & { full: boolean }
}

test('[RGH3] where a browser blocks what pages remember, wishes hold as long as the page', () => {
  const memory = createPageMemory(() => {
    throw new DOMException('blocked', 'SecurityError')
  })
  expect(memory.getItem('language')).toBeNull()
  memory.setItem('language', 'de')
  expect(memory.getItem('language')).toBe('de')
  memory.removeItem('language')
  expect(memory.getItem('language')).toBeNull()
  memory.setItem('language', 'de')
  memory.clear()
  expect(memory.getItem('language')).toBeNull()
})

test('[RGH3] where there is no room the newest wish counts, and what could be kept is kept', () => {
  const storage = fakeStorage()
  const memory = createPageMemory(() => storage)
  memory.setItem('notify', 'on')
  storage.full = true
  memory.setItem('notify', 'off')
  expect([memory.getItem('notify'), storage.getItem('notify')]).toEqual(['off', 'on'])
  storage.full = false
  memory.setItem('notify', 'off')
  expect(storage.getItem('notify')).toBe('off')
  memory.removeItem('notify')
  expect([memory.getItem('notify'), storage.getItem('notify')]).toEqual([null, null])
})
