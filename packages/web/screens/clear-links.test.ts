import { expect, test } from 'vitest'
import { clearLinks } from './clear-links.ts'

test('[SEC20] clearing the browser takes away what links left in it, and leaves what is not theirs', async () => {
  const databases = new Set(['doorpost-device', 'doorpost-link-aa', 'doorpost-link-bb', 'other'])
  const folders = new Set(['doorpost', 'doorpost-link-aa', 'doorpost-link-busy'])
  await clearLinks({
    databases: {
      databases: async () => [...databases].map((name) => ({ name, version: 1 })),
      deleteDatabase: (name: string) => databases.delete(name) as never,
    },
    folders: {
      getDirectory: async () =>
        ({
          async *keys() {
            yield* [...folders]
          },
          async removeEntry(name: string) {
            if (name.endsWith('busy')) throw new Error('a tab has it open')
            folders.delete(name)
          },
        }) as never,
    },
  })
  expect([...databases]).toEqual(['doorpost-device', 'other'])
  expect([...folders]).toEqual(['doorpost', 'doorpost-link-busy'])
})

test('[SEC20] a browser that lists nothing clears what it can', async () => {
  const refuse = async () => Promise.reject(new Error('not here'))
  await expect(
    clearLinks({ databases: { deleteDatabase: () => ({}) as never }, folders: { getDirectory: refuse } }),
  ).resolves.toBeUndefined()
})
