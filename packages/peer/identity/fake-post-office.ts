// A server small enough for tests of this folder: keys, contacts, blocks, invitations and presence in memory, and lines to it
// that can be cut. It can be told to lie.

import type { UserAddress } from '@doorpost/protocol/address'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { invitationHash } from '@doorpost/protocol/invitation-link'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import type { Push } from '@doorpost/protocol/messages/session'
import { fingerprintOf, type Signed } from '@doorpost/protocol/signature'
import { unreachable } from '../session/answer.ts'
import type { Line, LineState } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'

export interface FakeLine extends Line {
  /** Cuts the line, or brings it back. */
  become(state: LineState): void
  push(push: Push): void
}

export interface FakePostOffice {
  /** What FINGER shows of somebody; taking it away makes them unknown. */
  readonly lists: Map<UserAddress, Signed>
  readonly presence: Map<UserAddress, DevicePresence[]>
  readonly calls: string[]
  /** Refuses the next calls of this method and target. */
  readonly refuse: Map<string, Refusal>
  lineOf(user: UserAddress): FakeLine
  isMutual(a: UserAddress, b: UserAddress): boolean
  approvals(user: UserAddress): UserAddress[]
  blocks(user: UserAddress): UserAddress[]
}

export function openFakePostOffice(): FakePostOffice {
  const lists = new Map<UserAddress, Signed>()
  const presence = new Map<UserAddress, DevicePresence[]>()
  const approved = new Set<string>()
  const blocked = new Set<string>()
  const invitations = new Map<string, UserAddress>()
  const lines = new Map<UserAddress, FakeLine>()
  const calls: string[] = []
  const refuse = new Map<string, Refusal>()
  const pair = (a: string, b: string) => `${a} ${b}`
  const of = (pairs: Set<string>, user: string) =>
    [...pairs].filter((text) => text.startsWith(`${user} `)).map((text) => text.slice(user.length + 1) as UserAddress)
  const isMutual = (a: UserAddress, b: UserAddress) => approved.has(pair(a, b)) && approved.has(pair(b, a))

  function handle(user: UserAddress, method: string, target: string, body: unknown): unknown {
    const asked = `${method} ${target}`
    calls.push(`${user} ${asked}`)
    const refusal = refuse.get(asked)
    if (refusal) throw refusal
    const sent = body as { address: UserAddress; addresses: UserAddress[]; invitation?: string; tokenHash: string }
    if (method === 'FINGER') {
      const address = `${target.slice('/users/'.length)}@${user.slice(user.indexOf('@') + 1)}` as UserAddress
      const deviceList = lists.get(address)
      const opened = deviceList && openDeviceList(deviceList)
      if (!opened) throw new Refusal('not-found')
      const { accountKey } = opened.list
      const seen = isMutual(user, address) ? presence.get(address) : undefined
      return {
        address,
        accountKey,
        fingerprint: fingerprintOf(accountKey),
        deviceList,
        ...(seen && { presence: seen }),
      }
    }
    switch (asked) {
      case 'SEND /contacts': {
        approved.add(pair(user, sent.address))
        const inviter = sent.invitation === undefined ? undefined : invitations.get(invitationHash(sent.invitation))
        if (inviter === sent.address) approved.add(pair(inviter, user))
        const mutual = isMutual(user, sent.address)
        if (mutual) lines.get(sent.address)?.push({ kind: 'contact', address: user, mutual })
        return { address: sent.address, mutual }
      }
      case 'REMOVE /contacts':
        for (const address of sent.addresses) approved.delete(pair(user, address))
        return undefined
      case 'LIST /contacts':
        return { contacts: of(approved, user).map((address) => ({ address, mutual: isMutual(user, address) })) }
      case 'SEND /blocks':
        blocked.add(pair(user, sent.address))
        return undefined
      case 'REMOVE /blocks':
        for (const address of sent.addresses) blocked.delete(pair(user, address))
        return undefined
      case 'LIST /blocks':
        return { blocked: of(blocked, user) }
      case 'SEND /invitations':
        invitations.set(sent.tokenHash, user)
        return undefined
      case 'SEND /devices': {
        const { deviceList } = body as { deviceList: Signed }
        lists.set(user, deviceList)
        return { head: openDeviceList(deviceList)?.head }
      }
      case 'LIST /presence': {
        const mutual = of(approved, user).filter((address) => isMutual(user, address))
        return { contacts: mutual.map((address) => ({ address, presence: presence.get(address) ?? [] })) }
      }
      default:
        throw new Refusal('no-such-method', { detail: asked })
    }
  }

  function lineOf(user: UserAddress): FakeLine {
    const states = listeners<LineState>()
    const pushes = listeners<Push>()
    let state: LineState = 'online'
    const line: FakeLine = {
      async call(method, target, { body } = {}) {
        if (state !== 'online') throw unreachable('cut')
        // Bodies go through JSON, as on a wire.
        const wire = body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown)
        const answer = handle(user, method, target, wire)
        return { status: answer === undefined ? 204 : 200, headers: {}, body: answer }
      },
      onPush: pushes.add,
      get state() {
        return state
      },
      onState: states.add,
      trouble: undefined,
      setAddresses: () => {},
      close: async () => line.become('offline'),
      [Symbol.asyncDispose]: async () => line.become('offline'),
      become(next) {
        if (next === state) return
        state = next
        states.tell(next)
      },
      push: pushes.tell,
    }
    lines.set(user, line)
    return line
  }

  return {
    lists,
    presence,
    calls,
    refuse,
    lineOf,
    isMutual,
    approvals: (user) => of(approved, user),
    blocks: (user) => of(blocked, user),
  }
}
