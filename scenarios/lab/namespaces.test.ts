// What a lab leaves behind: nothing, also when it was killed.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { labMissing, openNamespaces } from './namespaces.ts'

const run = promisify(execFile)
const missing = labMissing()
const listed = async () => (await run('ip', ['netns', 'list'])).stdout
const devices = async () => (await run('ip', ['-brief', 'link'])).stdout

describe.skipIf(missing !== undefined)(`namespaces${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test("[LAB3] a lab's namespaces go with it, and with the processes inside; this machine's network stays as it was", async () => {
    const before = await devices()
    let name: string
    const inside = await (async () => {
      await using namespaces = await openNamespaces()
      const one = await namespaces.add('one')
      const other = await namespaces.add('other')
      await one.ip('link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan', 'netns', other.name)
      expect(await devices()).toBe(before)
      ;({ name } = one)
      expect(await listed()).toContain(name)
      const [program = '', ...words] = one.command
      const child = spawn(program, [...words, 'sh', '-c', 'echo inside; exec sleep 600'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      return child
    })()
    if (inside.exitCode === null && inside.signalCode === null) await once(inside, 'exit')
    expect(inside.signalCode).toBe('SIGKILL')
    expect(await listed()).not.toContain(name!)
    expect(await devices()).toBe(before)
  })

  test('[LAB3] what a killed lab left is swept by the next one, and what lives is left alone', async () => {
    const file = new URL('./namespaces.ts', import.meta.url).href
    const program = `import { openNamespaces } from ${JSON.stringify(file)}
      const { name } = await (await openNamespaces()).add('left')
      console.log(name)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const name = said.toString().trim()
    await using _living = await openNamespaces()
    expect(await listed()).toContain(name)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await listed()).toContain(name)
    await using _next = await openNamespaces()
    expect(await listed()).not.toContain(name)
  })

  test.skipIf(!existsSync('/proc/sys/net/ipv6'))(
    '[LAB12] a line comes with its addresses: none follows later',
    async () => {
      await using namespaces = await openNamespaces()
      const [one, other] = [await namespaces.add('one'), await namespaces.add('other')]
      await one.ip('link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan', 'netns', other.name)
      for (const end of [one, other]) await end.ip('link', 'set', 'lan', 'up')
      const addresses = () => one.run('ip', '-6', '-oneline', 'address', 'show', 'dev', 'lan')
      await expect.poll(addresses).toContain('scope link')
      expect(await addresses()).not.toContain('tentative')
    },
  )
})
