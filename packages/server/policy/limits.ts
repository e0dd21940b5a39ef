// Limits of the policy that an administrator sets while the server runs: which there are, what each may be, and the policy that comes of
// them. Pure. What may stand in them is the policy file's own schema; keeping them is the storage's business.

import { Refusal } from '@doorpost/protocol/errors'
import type { AdminLimit } from '@doorpost/protocol/messages/admin'
import { z } from 'zod'
import { type Policy, type PolicyFile, policyFileSchema, policyOf } from './policy.ts'

export type SetLimits = Readonly<Record<string, number | string>>

const CHOICES = {
  registration: ['open', 'invitation', 'closed'],
  invite: ['members', 'admin'],
} as const

/** By their places in the policy. Those of `rates` are requests; how many seconds they are for stays as the policy has it. */
const UNITS: Readonly<Record<string, AdminLimit['unit']>> = {
  registration: 'choice',
  invite: 'choice',
  'quotas.accounts': 'users',
  'quotas.messages': 'messages',
  'quotas.bytes': 'bytes',
  'sizes.messageBytes': 'bytes',
  'sizes.recipients': 'people',
  'tunnel.userBytesPerSecond': 'bytes/s',
  'tunnel.serverBytesPerSecond': 'bytes/s',
  'tunnel.userBytesPerDay': 'bytes/day',
  'tunnel.serverBytesPerDay': 'bytes/day',
  'tunnel.userTunnels': 'tunnels',
  'tunnel.serverTunnels': 'tunnels',
  'live.bytesPerSecond': 'bytes/s',
  'live.connections': 'viewers',
  'live.broadcastViewers': 'viewers',
  'live.broadcastBytesPerSecond': 'bytes/s',
  'live.userBroadcasts': 'broadcasts',
  'live.userWatches': 'broadcasts',
  ...Object.fromEntries(
    ['authorization', 'finger', 'registration', 'send', 'other'].flatMap((rate) =>
      ['perAddress', 'perUser'].map((whose) => [`rates.${rate}.${whose}`, 'requests' as const]),
    ),
  ),
}

/** The policy of this file with what was set put over it. What does not fit any more is left out. */
export function policyWith(file: PolicyFile, set: SetLimits, onLoopback: boolean): Policy {
  const unset = policyOf(file, onLoopback)
  const fitting = Object.entries(set).filter(([name, value]) => complaintAbout(name, value) === undefined)
  const over = fitting.reduce((all, [name, value]) => put(all, name, inPlace(name, value, unset)), { ...file } as Tree)
  // What fits was checked one by one, and limits do not touch each other.
  return policyOf(over, onLoopback)
}

/** Every limit as it holds, in the order in which people read them. */
export function limitsOf(file: PolicyFile, set: SetLimits, onLoopback: boolean): AdminLimit[] {
  const [unset, now] = [policyOf(file, onLoopback), policyWith(file, set, onLoopback)]
  return Object.entries(UNITS).map(([name, unit]) => {
    const seconds = unit === 'requests' ? (at(now, `${name}.seconds`) as number) : undefined
    return {
      name,
      unit,
      value: valueOf(now, name),
      unset: valueOf(unset, name),
      isSet: set[name] !== undefined && complaintAbout(name, set[name]) === undefined,
      ...(seconds !== undefined && { perSeconds: seconds }),
      ...(name in CHOICES ? { choices: [...CHOICES[name as keyof typeof CHOICES]] } : boundsOf(name)),
    }
  })
}

/** Throws Refusal `malformed` that names the limit and what is wrong with it. */
export function checkLimits(changes: Readonly<Record<string, number | string | null>>): void {
  for (const [name, value] of Object.entries(changes)) {
    const complaint = value === null && Object.hasOwn(UNITS, name) ? undefined : complaintAbout(name, value)
    if (complaint !== undefined) throw new Refusal('malformed', { about: name, detail: `${name}: ${complaint}` })
  }
}

function complaintAbout(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(UNITS, name)) return 'there is no such limit.'
  const parsed = policyFileSchema.safeParse(put({}, name, isRate(name) ? { requests: value, seconds: 1 } : value))
  return parsed.success ? undefined : (parsed.error.issues[0]?.message ?? 'not as the policy has it')
}

type Tree = { readonly [name: string]: unknown }

const isRate = (name: string) => UNITS[name] === 'requests'

function inPlace(name: string, value: number | string, policy: Policy): unknown {
  return isRate(name) ? { requests: value, seconds: at(policy, `${name}.seconds`) } : value
}

function valueOf(policy: Policy, name: string): number | string {
  return at(policy, isRate(name) ? `${name}.requests` : name) as number | string
}

function at(tree: object, name: string): unknown {
  return name.split('.').reduce<unknown>((here, part) => (here as Tree)[part], tree)
}

function put(tree: Tree, name: string, value: unknown): Tree {
  const [first = '', ...rest] = name.split('.')
  if (rest.length === 0) return { ...tree, [first]: value }
  return { ...tree, [first]: put((tree[first] as Tree | undefined) ?? {}, rest.join('.'), value) }
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly minimum?: number
  readonly maximum?: number
}

let shape: Shape | undefined

/** As the schema has them. */
function boundsOf(name: string): { min?: number; max?: number } {
  shape ??= z.toJSONSchema(policyFileSchema, { io: 'input' }) as Shape
  const path = isRate(name) ? `${name}.requests` : name
  const found = path.split('.').reduce<Shape | undefined>((here, part) => here?.properties?.[part], shape)
  const { minimum: min, maximum: max } = found ?? {}
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}
