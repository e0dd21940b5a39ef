// `doctor`: what could keep this device from doing its work, one check a line. Looks and asks, changes nothing.

import { serverFactsSchema } from '@doorpost/protocol/messages/server-facts'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { Clock } from './clock.ts'
import type { Identity } from './identity/identity-record.ts'
import type { People } from './identity/people.ts'
import type { Operations } from './operations.ts'
import type { Line } from './session/line.ts'

type Check = Operations['doctor']['result']['checks'][number]

export interface DoctorOptions {
  readonly me: Identity
  readonly line: Line
  readonly people: People
  readonly clock: Clock
  readonly networkAddresses: readonly string[]
  readonly outboxSize: number
  readonly fetchesRunning: number
  /** Mail that was not taken in, by reason, since this device was opened. */
  readonly refusedMail: Readonly<Record<string, number>>
  readonly signal: AbortSignal
}

export async function examine(options: DoctorOptions): Promise<Check[]> {
  const { me, line, people, networkAddresses, outboxSize, refusedMail } = options
  const checks: Check[] = [
    { name: 'identity', ok: true, says: `This is ${me.address}, fingerprint ${me.fingerprint}.` },
    await checkServer(options),
    await checkLogin(options),
    await checkOwnList(people),
  ]
  const listed = activeDevices(me.opened.list).some(({ name }) => name === me.device)
  if (!listed) checks.push({ name: 'device', ok: false, says: 'This device was taken off the list of your devices.' })
  checks.push(
    networkAddresses.length > 0
      ? { name: 'listener', ok: true, says: `Others reach this device at ${networkAddresses.join(', ')}.` }
      : {
          name: 'listener',
          ok: false,
          says: 'This device listens nowhere, so nobody can fetch from it directly.',
          todo: 'Check that the machine has a network, and start the agent again.',
        },
  )
  const changed = (await people.list()).filter(({ changedTo }) => changedTo !== undefined)
  checks.push(
    changed.length === 0
      ? { name: 'contacts', ok: true, says: 'Every contact has the key you know.' }
      : {
          name: 'contacts',
          ok: false,
          says: `The key of ${changed.map(({ address }) => address).join(', ')} is not the one you know.`,
          todo: 'Compare the fingerprint with them by another way before you go on.',
        },
  )
  checks.push(
    outboxSize === 0
      ? { name: 'outbox', ok: true, says: 'Nothing waits to be sent.' }
      : {
          name: 'outbox',
          ok: line.state === 'online',
          says: `${outboxSize} ${outboxSize === 1 ? 'message or note waits' : 'messages and notes wait'} for the server.`,
        },
  )
  const refused = Object.entries(refusedMail)
  if (refused.length > 0) {
    const what = refused.map(([reason, count]) => `${reason} ${count}`).join(', ')
    checks.push({ name: 'mail', ok: true, says: `Some mail was not believed and is not shown: ${what}.` })
  }
  return checks
}

async function checkServer({ me, line, signal }: DoctorOptions): Promise<Check> {
  try {
    const facts = serverFactsSchema.safeParse((await line.call('FINGER', '/', { signal })).body)
    const domain = me.user.slice(me.user.indexOf('@') + 1)
    if (facts.success && facts.data.domain === domain) {
      return { name: 'server', ok: true, says: `${me.origin} answers for ${domain}.` }
    }
    return {
      name: 'server',
      ok: false,
      says: facts.success
        ? `${me.origin} answers for ${facts.data.domain}, not for ${domain}.`
        : `${me.origin} is no Doorpost server.`,
    }
  } catch (error) {
    signal.throwIfAborted()
    return {
      name: 'server',
      ok: false,
      says: `${me.origin} cannot be reached: ${(error as Error).message}`,
      todo: 'Check the network, and that the server runs.',
    }
  }
}

async function checkLogin({ line, signal }: DoctorOptions): Promise<Check> {
  try {
    await line.call('LIST', '/contacts', { signal })
    return { name: 'login', ok: true, says: 'The server knows this device.' }
  } catch (error) {
    signal.throwIfAborted()
    return { name: 'login', ok: false, says: `The server did not let this device in: ${(error as Error).message}` }
  }
}

async function checkOwnList(people: Pick<People, 'ownList'>): Promise<Check> {
  const standing = await people.ownList()
  if (standing === 'fine')
    return { name: 'devices', ok: true, says: 'Nobody has seen another list of your devices than this one.' }
  return {
    name: 'devices',
    ok: false,
    says:
      standing === 'ahead'
        ? 'Somebody has seen a newer list of your devices than this device has.'
        : 'Somebody has seen another list of your devices than yours, under the same number.',
    todo: 'If you did not add or remove a device, tell whoever runs the server, and your contacts.',
  }
}
