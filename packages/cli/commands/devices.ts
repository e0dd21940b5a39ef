// `doorpost devices`: the devices of this user; linking another by a code, and revoking one. Only the device that holds the
// account key can do either.

import type { OwnDevices, Peer } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf, homeWords } from '../home.ts'
import { painted } from '../show/paint.ts'
import { printable } from '../show/printable.ts'
import { tableText } from '../show/table.ts'
import { whenText } from '../show/when.ts'
import type { Surroundings } from '../surroundings.ts'

const actions = ['list', 'add', 'revoke'] as const

export const devices = command({
  examples: ['doorpost devices', 'doorpost devices add --yes', 'doorpost devices revoke tower'],
  operands: [
    { name: 'ACTION', optional: true, about: 'what is done; list where nothing is said', choices: actions },
    { name: 'NAME', optional: true, about: 'with revoke: the device' },
  ],
  options: {
    yes: { type: 'flag', about: 'with add: take the device that uses the code without asking' },
    code: { type: 'text', value: 'CODE', about: 'with add: go on with a code that was made before' },
    'no-wait': { type: 'flag', about: 'with add: make a code and wait for no device' },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'The device you joined with holds the account key: devices are added and revoked there.',
    'A revoked device keeps what it has. It gets nothing more, and nobody believes it any more.',
  ],
  async run({ operands: [action = 'list', name], options }, around) {
    if ((action === 'revoke') !== (name !== undefined)) {
      throw new UsageError(
        action === 'revoke'
          ? 'doorpost devices revoke needs NAME: the device.'
          : `doorpost devices ${action} does not know what to do with ${JSON.stringify(name)}.`,
      )
    }
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    const signal = around.stop
    switch (action as (typeof actions)[number]) {
      case 'list': {
        const own = await peer.do('devices', {}, { signal })
        if (options.json) answerJson(own, around)
        else tellDevices(own, around)
        break
      }
      case 'add':
        await add(peer, options, around)
        break
      case 'revoke': {
        const own = await peer.do('devices.revoke', { name: name ?? '' }, { signal })
        if (options.json) answerJson(own, around)
        else {
          around.out.write(`${printable(name ?? '')} is no device of yours any more. It gets nothing more.\n`)
          around.err.write('What it has fetched and read it keeps. Mail that only waited for it is gone.\n')
        }
        break
      }
    }
    return undefined
  },
})

interface AddOptions {
  readonly yes: boolean
  readonly code: string | undefined
  readonly 'no-wait': boolean
  readonly home: string | undefined
  readonly json: boolean
}

async function add(peer: Peer, options: AddOptions, around: Surroundings): Promise<void> {
  const signal = around.stop
  if (!options.yes && !options['no-wait'] && around.ask === undefined) {
    throw new UsageError('Nobody can be asked here: give --yes to take the device that uses the code.')
  }
  let { code } = options
  if (code === undefined) {
    const offer = await peer.do('devices.offer', {}, { signal })
    code = offer.code
    if (options['no-wait'] && options.json) {
      answerJson(offer, around)
      return
    }
    await tellCode(offer, options, around)
  }
  if (options['no-wait']) return
  const { name, fingerprint } = await peer.do('devices.await', { code }, { signal })
  const yes = options.yes || (await says(name, fingerprint, around))
  const own = await peer.do('devices.confirm', { code, fingerprint, yes }, { signal })
  if (options.json) answerJson({ added: yes, name, fingerprint, ...own }, around)
  else if (yes) around.out.write(`${printable(name)} is a device of yours now.\n`)
  else around.out.write('Nothing was added.\n')
}

async function tellCode(
  { code, link, expires }: { code: string; link: string; expires: string },
  options: AddOptions,
  around: Surroundings,
): Promise<void> {
  const { err } = around
  // The code is the answer; where JSON is asked for, the answer is the device.
  if (options.json) err.write(`${code}\n`)
  else around.out.write(`${code}\n`)
  if (err.terminal) err.write((await import('../show/qr.ts')).qrText(link))
  err.write(`On the new device:\n  doorpost join ${link.slice(0, link.indexOf('/link#'))} --link ${code}\n`)
  err.write(
    painted(
      `The code can be used once, until ${whenText(expires, around.now())}. Whoever has it can ask to be a device of yours.\n`,
      'dim',
      err,
    ),
  )
  if (options['no-wait']) {
    err.write(`Then here:\n  doorpost devices add --code ${code}${homeWords(options.home)}\n`)
  }
}

async function says(name: string, fingerprint: string, { ask, err }: Surroundings): Promise<boolean> {
  err.write(`\nA device that calls itself ${painted(printable(name), 'bold', err)} has used the code.\n`)
  err.write(`Its screen must show the same fingerprint: ${fingerprint}\n`)
  return /^y(es)?$/i.test(((await ask?.('Make it a device of yours? [y/N] ')) ?? '').trim())
}

function tellDevices({ canSign, devices: own }: OwnDevices, around: Surroundings): void {
  const rows = own.map((device) => [
    device.name,
    stateOf(device),
    device.revokedAt !== undefined || device.online === undefined ? '' : device.online ? 'on-line' : 'away',
    whenText(device.createdAt, around.now()),
  ])
  const columns = [{ head: 'Device', gives: true }, { head: 'What' }, { head: 'Now' }, { head: 'Since' }]
  around.out.write(tableText(columns, rows, around.out))
  const primary = own.find((device) => device.primary)?.name
  if (canSign) around.err.write('This device adds and revokes: doorpost devices add, doorpost devices revoke NAME\n')
  else around.err.write(`Devices are added and revoked on ${primary ?? 'the device you joined with'} alone.\n`)
}

function stateOf({ revokedAt, primary, thisOne }: OwnDevices['devices'][number]): string {
  if (revokedAt !== undefined) return 'revoked'
  return [thisOne ? 'this device' : '', primary ? 'holds the account key' : ''].filter((part) => part !== '').join(', ')
}
