// `doorpost join SERVER NAME` makes the keys of a new user's first device and registers the name. Recovery words are
// shown once, on a terminal, and never where a script would catch them unasked.

import type { Identity } from '@doorpost/peer/identity/identity-record'
import { Trouble } from '@doorpost/peer/operations'
import type { JoinOptions } from '@doorpost/peer/session/join'
import { hostname } from 'node:os'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { tellFailure } from '../failure.ts'
import { homeOf, homeWords } from '../home.ts'
import { painted } from '../show/paint.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'

export const join = command({
  examples: [
    'doorpost join http://localhost:8025 alice',
    'doorpost join http://localhost:8025 bob --home B --device tower',
    'doorpost join http://localhost:8025 carol --home C --json',
  ],
  operands: [
    { name: 'SERVER', about: 'address of a server, or an invitation link' },
    { name: 'NAME', optional: true, about: 'the name you want there; none with --link' },
  ],
  options: {
    device: { type: 'text', value: 'NAME', about: 'what this device is called', default: "this machine's name" },
    link: {
      type: 'text',
      value: 'CODE',
      about: 'be another device of a user: the code that doorpost devices add shows',
    },
    'no-words': { type: 'flag', about: 'show no recovery words' },
    words: { type: 'flag', about: 'show the recovery words where it is no terminal, and in the JSON document, too' },
    ...homeOption,
    ...jsonOption,
  },
  notes: ['Recovery words are the only way to get an account back when its device is lost. They are shown once.'],
  async run({ operands: [target = '', name = ''], options }, around) {
    if (options.words && options['no-words']) throw new UsageError('--words and --no-words cannot be meant both.')
    if (options.link !== undefined || target.includes('/link#')) {
      if (name !== '') throw new UsageError('With --link the code says who you are: give no NAME.')
      const { linkThisDevice } = await import('./link.ts')
      return await linkThisDevice(target, options.link, options, around)
    }
    if (name === '') throw new UsageError('doorpost join needs NAME: the name you want there.')
    const { readJoinTarget } = await import('../join-target.ts')
    const { parseOrigin } = await import('@doorpost/peer/session/origin')
    const { server, invitation, contactLink } = readJoinTarget(target)
    const origin = parseOrigin(server)
    if (origin === undefined) {
      throw new UsageError(
        `${JSON.stringify(server)} is no address of a server. Write it like https://example.org; http is for this machine alone.`,
      )
    }
    let words: readonly string[] = []
    const shows = !options['no-words'] && (options.words || (around.err.terminal && !options.json))
    const home = homeOf(options.home, around)
    const identity = await register(home, {
      origin,
      user: name,
      device: options.device ?? deviceNameOf(hostname()),
      ...(invitation !== undefined && { invitation }),
      // Shown before the name is registered: no account exists whose words nobody saw. Joining again, after a line that
      // broke in between, goes on with the same keys and shows none.
      showRecoveryWords: (made) => {
        words = made
        if (shows) tellWords(words, around)
      },
    })
    if (contactLink !== undefined) await meet(contactLink, home, around)
    if (options.json) {
      const { user, device, fingerprint } = identity
      answerJson({ address: user, device, fingerprint, server: origin, home, ...(options.words && { words }) }, around)
    } else {
      around.out.write(
        `You are ${printable(identity.user)}, and this device is called ${printable(identity.device)}.\n`,
      )
      if (!shows) around.err.write('Recovery words were not shown: when this device is lost, the account is lost.\n')
      else if (words.length === 0) around.err.write('The recovery words that were shown before stay the right ones.\n')
      tellNext(homeWords(options.home), around)
    }
    return undefined
  },
})

async function register(path: string, options: Omit<JoinOptions, 'store'>): Promise<Identity> {
  const [{ openHome }, { openSqliteStore }, peer] = await Promise.all([
    import('@doorpost/peer/node/home'),
    import('@doorpost/peer/node/sqlite-store'),
    import('@doorpost/peer/session/join'),
  ])
  const opened = await openHome(path)
  if (opened.kind === 'home-in-use') {
    throw new Trouble('home-in-use', `Somebody joined from ${path} already, and a program is working there.`)
  }
  await using home = opened.home
  await using store = await openSqliteStore(home.database)
  return await peer.join({ store, ...options })
}

/** Whoever invited is a contact from the first moment; where that fails, nothing of joining is undone. */
async function meet(link: string, home: string, around: Surroundings): Promise<void> {
  try {
    await using opened = await around.openPeer(home)
    const line = await opened.peer.do('contacts.add', { who: link }, { signal: around.stop })
    around.err.write(`${printable(line.address)} invited you and is your contact.\n`)
  } catch (error) {
    tellFailure(error, 'join', around)
    around.err.write('You have joined all the same. Add whoever invited you: doorpost contacts add LINK\n')
  }
}

/** A machine's name as a device name: what cannot stand in one becomes a dash. */
export function deviceNameOf(machine: string): string {
  const name = (machine.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 32)
  return name === '' ? 'device' : name.replace(/[^a-z0-9]+$/, '')
}

function tellWords(words: readonly string[], { err }: Surroundings): void {
  err.write('\nWrite these words down on paper: they alone bring the account back when this device is lost.\n\n')
  for (let index = 0; index < words.length; index += 4) {
    const row = words
      .slice(index, index + 4)
      .map((word, offset) => `${String(index + offset + 1).padStart(4)} ${word.padEnd(10)}`)
    err.write(`${painted(row.join('').trimEnd(), 'bold', err)}\n`)
  }
  err.write('\n')
}

function tellNext(home: string, { err }: Surroundings): void {
  err.write('What next:\n')
  err.write(`  doorpost contacts invite${home}              a link that makes a friend your contact\n`)
  err.write(`  doorpost agent${home}                        stay, and collect what comes\n`)
  err.write(`  doorpost send FILE --to FRIEND${home}        send a film\n`)
}
