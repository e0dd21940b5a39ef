// Mail for tests of storage: plausible in shape, sealed in nothing.

import { createHash } from 'node:crypto'
import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { DAY_MS } from '@doorpost/protocol/day'
import type { Head } from '@doorpost/protocol/device-list'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { Account, IncomingMail, MailQuota } from './storage.ts'

/** 2026-11-21T12:00:00Z: when tests begin. */
export const NOON_MS = Date.UTC(2026, 10, 21, 12)
export const AMPLE: MailQuota = { messagesMax: 100_000, bytesMax: 2 ** 40 }

export const user = (name: string) => `${name}@example.org` as UserAddress
export const device = (name: string) => `${name.replace('/', '@example.org/')}` as DeviceAddress

export const hash = (text: string) => createHash('sha256').update(text).digest('base64url')
const id = (number: number) =>
  createHash('sha256').update(`id ${number}`).digest().subarray(0, 16).toString('base64url')

export interface Sample {
  /** `alice/laptop`. */
  readonly from?: string
  /** Devices it is kept for, `bob/phone`. */
  readonly to?: readonly string[]
  readonly number?: number
  readonly acceptedAtMs?: number
  readonly lifetimeMs?: number
  /** Makes other bytes under the same id. */
  readonly text?: string
  readonly bodyCharacters?: number
}

export function sampleMail(sample: Sample = {}): IncomingMail {
  const { from = 'alice/laptop', to = ['bob/phone'], number = 1, acceptedAtMs = NOON_MS, text = 'x' } = sample
  const devices = to.map(device)
  const expiresAtMs = NOON_MS + (sample.lifetimeMs ?? DAY_MS)
  const keys = devices.map((address) => ({ device: address, key: hash(`${address} ${number}`) }))
  const users = [...new Set(devices.map((address) => splitDevice(address).user))]
  return {
    envelope: {
      v: 1,
      id: id(number),
      class: 'message',
      from: device(from),
      to: users,
      date: new Date(NOON_MS).toISOString(),
      expires: new Date(expiresAtMs).toISOString(),
      heads: users.map((address) => ({ sequence: 1, hash: hash(address) })),
      sealed: { keys, body: text.repeat(sample.bodyCharacters ?? 40).slice(0, sample.bodyCharacters ?? 40) },
    },
    digest: hash(`${from} ${number} ${text}`),
    acceptedAtMs,
    expiresAtMs,
    deliveries: keys.map(({ device: address, key }) => ({ device: address, user: splitDevice(address).user, key })),
  }
}

export function keyOf({ envelope: { from, id } }: IncomingMail): MailKey {
  return { from, id }
}

export function sampleAccount(name: string, sequence = 1): Account {
  const head: Head = { sequence, hash: hash(`list ${sequence} of ${name}`) }
  return {
    address: user(name),
    deviceList: { body: hash(`body ${sequence} ${name}`), key: hash(name), signature: hash(`signature of ${name}`) },
    head,
    share: 'all',
    createdAtMs: NOON_MS,
  }
}
