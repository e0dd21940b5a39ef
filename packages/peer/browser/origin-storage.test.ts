import { describe, expect, test } from 'vitest'
import { openOpfsTree } from './opfs-tree.ts'
import { originStorage } from './origin-storage.ts'

const ofTheBrowser = {} as FileSystemDirectoryHandle
const ofTheDatabase = {} as FileSystemDirectoryHandle
const inDatabase = async () => ofTheDatabase
const refuses = async () => {
  throw new DOMException('The operation failed for an unknown transient reason', 'UnknownError')
}

describe('where files lie', () => {
  test('[WKT1] in the browser’s own file system where there is one, else in its database', async () => {
    const own = { getDirectory: async () => ofTheBrowser }
    expect(await originStorage(own, inDatabase).getDirectory()).toBe(ofTheBrowser)
    expect(await originStorage({}, inDatabase).getDirectory()).toBe(ofTheDatabase)
    expect(await originStorage({ getDirectory: refuses }, inDatabase).getDirectory()).toBe(ofTheDatabase)
  })

  test('[WKT1] a browser that keeps neither is told of in words', async () => {
    await expect(openOpfsTree(originStorage({}, refuses))).rejects.toThrow('does not let the page keep files')
  })

  test('[WKT1] what a browser does not tell of its room is not made up', async () => {
    const storage = originStorage({}, inDatabase)
    expect([await storage.estimate(), await storage.persisted()]).toEqual([{}, false])
    const told = originStorage({ estimate: async () => ({ quota: 9, usage: 1 }), persisted: async () => true })
    expect([await told.estimate(), await told.persisted()]).toEqual([{ quota: 9, usage: 1 }, true])
  })
})
