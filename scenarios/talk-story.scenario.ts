// Talking, as separate processes: Alice in a terminal, Bob on two devices of his. What is said from one of them stands on both, what is
// read on one is read on both, and a device that was killed and comes back shows the same conversation.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectControl } from '@doorpost/peer/node/control-client'
import type { Conversation, OperationName, Operations, TalkChange, TalkMessage } from '@doorpost/peer/operations'
import { chatting, type Chatting } from './chatting.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

const STORY_TIMEOUT_MS = 5 * 60_000

describe('talk-story', () => {
  let stage: Stage
  let [alice, laptop, tower] = [] as unknown as [Person, Person, Person]
  let towerAgent: Running
  let terminal: Chatting

  beforeAll(async () => {
    stage = await openStage()
    await stage.server()
    alice = await stage.join('alice', 'studio')
    laptop = await stage.join('bob', 'laptop')
    tower = stage.newcomer('bob', 'bob-tower')
    await stage.befriend(alice, laptop)
    await laptop.agent('--no-fetch')
    const { code } = await laptop.json<{ code: string }>('devices', 'add', '--no-wait')
    const joining = tower.start('join', stage.origin, '--link', code, '--device', 'tower')
    await laptop.json('devices', 'add', '--code', code, '--yes')
    await until('the tower to be in', async () => joining.process.exitCode === 0)
    await alice.agent('--no-fetch')
    towerAgent = await tower.agent('--no-fetch')
    await until('the tower to know Alice', async () => {
      const [contact] = await ask(tower, 'contacts.list', {})
      return contact?.state === 'mutual'
    })
  }, STORY_TIMEOUT_MS)
  afterAll(async () => {
    terminal?.kill()
    await stage?.[Symbol.asyncDispose]()
  })

  async function ask<Name extends OperationName>(
    who: Person,
    name: Name,
    args: Operations[Name]['args'],
  ): Promise<Operations[Name]['result']> {
    await using peer = await connectControl(who.home)
    if (!peer) throw new Error(`no agent of ${who.name} answers`)
    return await peer.do(name, args)
  }
  const withWhom = (who: Person, other: Person) => ask(who, 'conversation', { with: [other.address] })
  const wordsOf = (messages: readonly TalkMessage[]) =>
    messages.map(({ text, mine, marks }) => (mine ? `> ${text} (${marks?.map(({ state }) => state).join()})` : text))
  const heard = () => {
    const lines = terminal.out().split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as TalkChange)
  }
  const saidInTerminal = () => [
    ...new Set(heard().flatMap((one) => (one.what === 'message' ? [one.message.text] : []))),
  ]

  test(
    '[TLK14] what is said from one device stands on the others the same, with what became of it',
    async () => {
      terminal = chatting(alice, 'bob', '--json')
      const once = chatting(tower, 'alice', '--once')
      once.types('from the tower\n')
      expect(await once.leaves()).toBe(0)
      await until('Alice to see it', async () => saidInTerminal().includes('from the tower'))
      for (const one of [tower, laptop]) {
        await until('both to know that she read it', async () => {
          const { messages } = await withWhom(one, alice)
          return wordsOf(messages).join() === '> from the tower (read)'
        })
      }
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[TLK12] what is read on one device is read on the other',
    async () => {
      terminal.types('and which film\n')
      let conversation: Conversation | undefined
      let upTo = ''
      for (const one of [tower, laptop]) {
        await until('both to have the answer', async () => {
          const page = await withWhom(one, alice)
          ;({ conversation } = page)
          upTo = page.messages.at(-1)?.id ?? ''
          return conversation.unread === 1
        })
      }
      await ask(laptop, 'talk.mark', { conversation: conversation?.id ?? '', upTo })
      await until('the tower to know', async () => (await withWhom(tower, alice)).conversation.unread === 0)
      await until('Alice to know', async () =>
        heard().some((one) => one.what === 'message' && one.message.mine && one.message.marks?.[0]?.state === 'read'),
      )
      expect((await withWhom(laptop, alice)).conversation.unread).toBe(0)
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[TLK4] a contact who is on-line sees that somebody writes, and that they stopped when the message is there',
    async () => {
      const { conversation } = await withWhom(laptop, alice)
      const typing = () => heard().flatMap((one) => (one.what === 'typing' ? [one.people] : []))
      await until('Alice to see it', async () => {
        await ask(laptop, 'talk.typing', { conversation: conversation.id })
        return typing().at(-1)?.[0] === laptop.address
      })
      await ask(laptop, 'talk.send', { to: [alice.address], text: 'the wedding' })
      await until('Alice to see the end of it', async () => typing().at(-1)?.length === 0)
      // The terminal hears of it by its own way.
      await expect.poll(saidInTerminal, { timeout: STORY_TIMEOUT_MS }).toContain('the wedding')
    },
    STORY_TIMEOUT_MS,
  )

  test(
    '[TLK14] a device that was killed comes back to the same conversation',
    async () => {
      await towerAgent.end('SIGKILL')
      await ask(laptop, 'talk.send', { to: [alice.address], text: 'said meanwhile' })
      terminal.types('I see\n')
      await until('the laptop to have it', async () => (await withWhom(laptop, alice)).conversation.count === 5)
      towerAgent = await tower.agent('--no-fetch')
      await until('both to show the same', async () => {
        const [one, other] = [await withWhom(laptop, alice), await withWhom(tower, alice)]
        return JSON.stringify(wordsOf(one.messages)) === JSON.stringify(wordsOf(other.messages))
      })
      const { messages } = await withWhom(tower, alice)
      expect(messages.map(({ text }) => text)).toEqual([
        'from the tower',
        'and which film',
        'the wedding',
        'said meanwhile',
        'I see',
      ])
      expect(await terminal.leaves()).toBe(0)
    },
    STORY_TIMEOUT_MS,
  )
})
