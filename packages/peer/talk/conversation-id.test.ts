import type { UserAddress } from '@doorpost/protocol/address'
import { expect, test } from 'vitest'
import { conversationId, membersNamed, membersOf } from './conversation-id.ts'

const [ANN, BEN, CORA] = ['ann@post.example', 'ben@post.example', 'cora@post.example'] as [
  UserAddress,
  UserAddress,
  UserAddress,
]

test('[TLK1] a conversation with a contact that nothing was written in yet is known by its id, as after a page was loaded again', () => {
  for (const other of [ANN, BEN, CORA]) {
    const members = membersOf([ANN, other])
    expect(membersNamed(conversationId(members), ANN, [BEN, CORA])).toEqual(members)
  }
  expect(membersNamed(conversationId(membersOf([ANN, BEN, CORA])), ANN, [BEN, CORA])).toBeUndefined()
  expect(membersNamed(conversationId(membersOf([ANN, CORA])), ANN, [BEN])).toBeUndefined()
})
