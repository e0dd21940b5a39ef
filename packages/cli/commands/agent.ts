// `doorpost agent`: this device stays: serves what was sent from it, collects what comes. Other commands of the same home
// talk to it. The device itself is packages/peer's; here are its options and what a person is told.

import { type Sentence, troubleSentence } from '@doorpost/peer/catalogue/en'
import { shutOutSentence } from '@doorpost/peer/catalogue/shut-out'
import type { AgentEvent, AgentOptions } from '@doorpost/peer/node/agent'
import { type ShutOutFacts, Trouble } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { aborted } from '../aborted.ts'
import { answerJsonLine } from '../answer.ts'
import { command, homeOption, UsageError } from '../command.ts'
import { homeOf, homeWords } from '../home.ts'
import { printable, printableJson } from '../show/printable.ts'
import { whenFree } from '../open-peer.ts'
import { readWholeNumber } from '../read-duration.ts'
import type { Surroundings } from '../surroundings.ts'

/** Seconds between two questions for mail: more often than every second helps nobody, and once a day is the least of use. */
const POLL_SECONDS = [1, 86_400] as const

export const agent = command({
  examples: [
    'doorpost agent',
    'doorpost agent --fetch --out films',
    `doorpost agent --poll 60 --on-ready 'echo "$DOORPOST_ID"'`,
  ],
  operands: [],
  options: {
    poll: { type: 'text', value: 'SECONDS', about: 'ask for mail every so often instead of keeping a session' },
    fetch: { type: 'flag', about: 'fetch the files of contacts by itself' },
    'no-fetch': { type: 'flag', about: 'fetch nothing by itself, whatever --on-ready and your rules say' },
    network: {
      type: 'text',
      value: 'KIND',
      choices: ['metered', 'unmetered'],
      about: 'what this network is to your rules (doorpost prefs): no system tells',
      default: 'unmetered',
    },
    out: {
      type: 'text',
      value: 'DIR',
      about: 'folder for what is fetched by itself',
      default: 'received, in the home',
      completes: 'folder',
    },
    'on-ready': {
      type: 'text',
      value: 'COMMAND',
      about: 'run this once per message whose files are verified and in place; turns --fetch on',
    },
    listen: { type: 'text', value: 'PORT', about: 'port for direct paths', default: 'any free one' },
    'listen-host': { type: 'text', value: 'HOST', about: 'network address for direct paths', default: 'every one' },
    lend: {
      type: 'text',
      many: true,
      value: 'DIR',
      about: 'folder from which your other devices may have files sent: send laptop:/films/a.mov',
      completes: 'folder',
    },
    'range-door': {
      type: 'text',
      value: 'PORT',
      about: 'open a door for other programs (aria2c, curl) to fetch ciphertext with a link; on this machine alone',
    },
    'range-door-host': { type: 'text', value: 'HOST', about: 'network address of that door', default: '127.0.0.1' },
    log: { type: 'flag', about: 'tell what it does, one JSON document a line, on standard error' },
    ...homeOption,
    json: { type: 'flag', about: 'answer with one JSON document once it is there' },
  },
  notes: [
    'COMMAND finds the message in its environment: DOORPOST_ID, DOORPOST_FROM, DOORPOST_TITLE, DOORPOST_FOLDER, DOORPOST_FILES (a JSON list) and DOORPOST_FILE_COUNT. What they hold was written by somebody else: quote it.',
  ],
  async run({ options }, around) {
    if (options.fetch && options['no-fetch']) throw new UsageError('--fetch and --no-fetch cannot be meant both.')
    const home = homeOf(options.home, around)
    const { poll, listen, out, 'listen-host': host, 'on-ready': onReady } = options
    const fetchesAll = options.fetch || onReady !== undefined
    const fetchByItself = options['no-fetch'] ? false : fetchesAll ? true : undefined
    const rangeDoor = readRangeDoor(options['range-door'], options['range-door-host'])
    const settings: AgentOptions = {
      home,
      as: 'agent',
      ...(fetchByItself !== undefined && { fetchByItself }),
      ...(options.network !== undefined && { network: options.network as 'metered' | 'unmetered' }),
      ...(poll !== undefined && { pollSeconds: readWholeNumber(poll, 'poll', ...POLL_SECONDS) }),
      ...((listen !== undefined || host !== undefined) && {
        listen: {
          ...(host !== undefined && { host }),
          ...(listen !== undefined && { port: readWholeNumber(listen, 'listen', 0, 65_535) }),
        },
      }),
      ...(out !== undefined && { folder: resolve(around.cwd, out) }),
      ...(onReady !== undefined && { onReady }),
      ...(rangeDoor && { rangeDoor }),
      ...(options.lend.length > 0 && { lend: options.lend.map((one) => resolve(around.cwd, one)) }),
      onEvent: eventTeller(options.log, around),
    }
    await using running = await whenFree(around.stop, async () => {
      await refuseSecond(home, options.home)
      const { openAgent } = await import('@doorpost/peer/node/agent')
      return openAgent(settings)
    })
    const addresses = running.networkAddresses
    if (options.json) answerJsonLine({ address: running.address, home, addresses, pid: process.pid }, around)
    else tellStart(running.address, addresses, fetchByItself === true, settings, around)
    await Promise.race([running.closed, aborted(around.stop)])
    await running.close()
    around.err.write('The agent has ended. What was under way is kept and goes on when it is started again.\n')
    return undefined
  },
})

function readRangeDoor(port: string | undefined, host: string | undefined): AgentOptions['rangeDoor'] {
  if (port === undefined) {
    if (host !== undefined) throw new UsageError('--range-door-host goes with --range-door PORT.')
    return undefined
  }
  return { port: readWholeNumber(port, 'range-door', 0, 65_535), ...(host !== undefined && { host }) }
}

/** A command that is at work here ends by itself; an agent does not. */
async function refuseSecond(home: string, option: string | undefined): Promise<void> {
  const { connectControl } = await import('@doorpost/peer/node/control-client')
  await using other = await connectControl(home)
  if (other === undefined || !(await other.do('whoami', {})).agent) return
  throw new Trouble('not-available', 'An agent is running here already.', {
    todo: `It can be ended: doorpost stop${homeWords(option)}`,
  })
}

function tellStart(
  address: string,
  addresses: readonly string[],
  fetches: boolean,
  { home, folder, onReady, fetchByItself }: AgentOptions,
  { out }: Surroundings,
): void {
  const at =
    addresses.length === 0
      ? 'It has no network address that others could reach.'
      : `Contacts reach it at ${addresses.join(', ')}.`
  out.write(`${printable(address)} is here, with its home in ${printable(home)}. ${at}\n`)
  const where = folder ?? `${home}/received`
  const rules = fetchByItself === false ? '' : ', or your rules say so (doorpost prefs)'
  out.write(
    fetches
      ? `It serves what you sent, and fetches what contacts send into ${printable(where)}.${onReady === undefined ? '' : ' Each finished message starts your command.'}\n`
      : `It serves what you sent and collects what comes; files are fetched when you ask${rules}: doorpost get ID\n`,
  )
  out.write('Ctrl-C ends it. What is under way then goes on when it is started again.\n')
}

/**
 * Writes warnings, which are for whoever looks after the machine, or all events. That the server is away, is there again, or lets this
 * device in no more is told in words, once each.
 */
export function eventTeller(all: boolean, { err }: Pick<Surroundings, 'err'>): (event: AgentEvent) => void {
  let isShutOut = false
  let toldWhy: unknown
  let toldFault: unknown
  let isAway = false
  return (event) => {
    if (all || event.level === 'warn') err.write(`${printableJson(event)}\n`)
    if (event.event === 'line-online') {
      if (isAway) err.write('The server is there again.\n')
      isShutOut = false
      isAway = false
      toldFault = undefined
    }
    if (event.event === 'line-offline' && event['why'] !== undefined && event['why'] !== toldFault) {
      toldFault = event['why']
      err.write(`${String(toldFault)} Ask whoever runs it. It is tried again by itself.\n`)
    }
    if (event.event === 'line-offline' && event['code'] === 'server-unreachable' && !isAway) {
      isAway = true
      err.write('The server cannot be reached. It is tried again by itself, and what is to be sent waits here.\n')
    }
    const tell = ({ says, todo }: Sentence) => err.write(`${says}\n${todo ?? ''}\n`)
    if (event.event === 'shut-out' && event['why'] !== toldWhy) {
      toldWhy = event['why']
      tell(shutOutSentence(event as unknown as ShutOutFacts, String(event['user'])))
    }
    if (event['code'] !== 'login-refused' || isShutOut) return
    isShutOut = true
    tell(troubleSentence({ code: 'login-refused' }))
  }
}
