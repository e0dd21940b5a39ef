import { expect, test } from 'vitest'
import { addContact, listContacts, removeContact, unblockContact } from './contact-operations.ts'
import { bob, openStage } from './identity/people-stage.ts'

test('[X87] a slip in a name is told, and changes nothing', async () => {
  const { a, people } = await openStage()
  const options = { me: a.identity, people, tell: async () => {} }
  await addContact({ who: bob }, options)
  await expect(removeContact('bbo', options)).rejects.toMatchObject({
    code: 'bad-address',
    message: /bbo@.* is no contact/,
  })
  await expect(unblockContact('bbo', options)).rejects.toMatchObject({ code: 'bad-address' })
  expect(await listContacts(people)).toHaveLength(1)
  expect(await removeContact(bob, options)).toEqual([])
  await expect(removeContact(bob, options)).rejects.toMatchObject({ code: 'bad-address' })
})

test('[X87] a link that lost a piece on the way is told as one', async () => {
  const { a, people } = await openStage()
  const options = { me: a.identity, people, tell: async () => {} }
  for (const who of ['http://localhost:8025/i#v1.bob@localhost:8025.vGEx', 'https://example.org/i']) {
    await expect(addContact({ who }, options)).rejects.toMatchObject({ message: 'This is no whole invitation link.' })
  }
})
