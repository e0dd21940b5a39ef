// What people and conversations are called on screens. Pure. Addresses of this server lose their server; others keep it.

import type { Conversation, TalkPerson } from '../device-connection.ts'

/** `ann` for `ann@post.example` seen from there; `crew@nordlicht.example` stays. `me`: this user's address. */
export function nameOf(address: string, me: string): string {
  const at = address.indexOf('@')
  return at > 0 && address.slice(at) === me.slice(me.indexOf('@')) ? address.slice(0, at) : address
}

/** The people in it but this user. */
export function othersOf(conversation: Pick<Conversation, 'people'>): readonly TalkPerson[] {
  return conversation.people.filter((person) => !person.me)
}

/** Names of the others; of nobody else: undefined, notes to oneself. */
export function namesOf(conversation: Pick<Conversation, 'people'>, me: string): readonly string[] {
  return othersOf(conversation).map(({ address }) => nameOf(address, me))
}
