// `doorpost admin`: for whoever runs a server, what the admin page shows and does, in a terminal. Naming who that is works on the server's
// data folder alone; everything else asks the server as one's device.

import { type Operations, type Peer, Trouble } from '@doorpost/peer/operations'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { resolve } from 'node:path'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf } from '../home.ts'
import { readDurationMs } from '../read-duration.ts'
import { readSize } from '../read-size.ts'
import { figuresText, invitationsText, limitText, limitsText, usersText } from '../show/admin-text.ts'
import { printable } from '../show/printable.ts'
import { whenText } from '../show/when.ts'
import type { Surroundings } from '../surroundings.ts'

const actions = ['figures', 'users', 'invitations', 'invite', 'limits', 'add', 'remove', 'list'] as const
type Action = (typeof actions)[number]

type Limit = Operations['admin.limits']['result']['limits'][number]

const standings = { close: 'closed', open: 'open', remove: 'removed' } as const

export const admin = command({
  examples: [
    'doorpost admin add alice --data ./data',
    'doorpost admin users',
    'doorpost admin limits set quotas.accounts 50',
  ],
  operands: [
    { name: 'ACTION', optional: true, about: 'what is done; figures where nothing is said', choices: actions },
    {
      name: 'WHAT',
      optional: true,
      about:
        'users: close, open, remove, or how names begin; invitations: revoke; limits: set, reset; add, remove: NAME',
    },
    { name: 'NAME', optional: true, about: 'the user, the invitation, or the limit' },
    { name: 'VALUE', optional: true, about: 'with limits set: a number, a size such as 500M, none for no bound' },
  ],
  options: {
    expires: {
      type: 'text',
      value: 'TIME',
      about: 'with invite: how long the link may be used: 12h, 7d',
      default: '7d',
    },
    data: {
      type: 'text',
      value: 'DIR',
      about: "with add, remove, list: the server's data folder",
      default: './data',
      completes: 'folder',
    },
    ...homeOption,
    ...jsonOption,
  },
  notes: [
    'Who runs a server is decided on its own machine: doorpost admin add NAME, or doorpost serve --admin NAME.',
    'A closed account may not log in, and its mail waits. A removed one can be put back (users open) for a week.',
    'Limits that are set win over the policy file, until limits reset.',
  ],
  async run({ operands: [action = 'figures', what, name, value, ...more], options }, around) {
    if (more.length > 0) throw tooMuch(action, more[0])
    if (action === 'add' || action === 'remove' || action === 'list') {
      if (name !== undefined) throw tooMuch(`${action} ${what}`, name)
      await inDataFolder(action, what, resolve(around.cwd, options.data ?? 'data'), options.json, around)
      return undefined
    }
    await using opened = await around.openPeer(homeOf(options.home, around))
    const run = () => asAdmin(action as Action, { what, name, value, expires: options.expires }, opened.peer, around)
    const [answer, words] = await run().catch(explained)
    if (options.json) answerJson(answer, around)
    else around.out.write(words)
    return undefined
  },
})

interface Asked {
  readonly what: string | undefined
  readonly name: string | undefined
  readonly value: string | undefined
  readonly expires: string | undefined
}

/** What is answered as JSON, and the same for people. */
async function asAdmin(
  action: Action,
  { what, name, value, expires }: Asked,
  peer: Peer,
  around: Surroundings,
): Promise<readonly [unknown, string]> {
  const signal = around.stop
  const screen = around.out
  const nowMs = around.now()
  switch (action) {
    case 'users': {
      if (what !== undefined && Object.hasOwn(standings, what)) {
        if (name === undefined) throw new UsageError(`doorpost admin users ${what} needs NAME.`)
        if (value !== undefined) throw tooMuch(`users ${what} ${name}`, value)
        const standing = standings[what as keyof typeof standings]
        const user = await peer.do('admin.stand', { name, standing }, { signal })
        return [user, usersText([user], nowMs, screen)]
      }
      if (name !== undefined) throw tooMuch(`users ${what}`, name)
      const users = await allUsers(peer, what, signal)
      return [{ users }, usersText(users, nowMs, screen)]
    }
    case 'invitations': {
      if (what !== undefined && what !== 'revoke') throw tooMuch(action, what)
      if (value !== undefined) throw tooMuch(`invitations revoke ${name}`, value)
      const all = await peer.do('admin.invitations', {}, { signal })
      if (what === undefined) return [all, invitationsText(all.invitations, nowMs, screen)]
      if (name === undefined)
        throw new UsageError('doorpost admin invitations revoke needs NAME: its id, or how that begins.')
      const [one, other] = all.invitations.filter(({ tokenHash }) => tokenHash.startsWith(name))
      if (!one || other) {
        throw new UsageError(
          `${one ? 'Several invitations begin' : 'No invitation begins'} with ${JSON.stringify(name)}.`,
        )
      }
      const left = await peer.do('admin.revoke', { tokenHash: one.tokenHash }, { signal })
      return [left, 'That invitation works no more.\n']
    }
    case 'invite': {
      if (what !== undefined) throw tooMuch(action, what)
      const lifetimeMs = readDurationMs(expires ?? '7d', 'expires', LIFETIME_MAX_MS)
      const made = await peer.do('admin.invite', { lifetimeMs }, { signal })
      around.err.write(`One person can register with it, until ${whenText(made.expires, nowMs)}.\n`)
      return [made, `${made.link}\n`]
    }
    case 'limits': {
      const { limits } = await peer.do('admin.limits', {}, { signal })
      if (what === undefined) return [{ limits }, limitsText(limits, screen)]
      if (what !== 'set' && what !== 'reset') throw tooMuch(action, what)
      const limit = limits.find((one) => one.name === name)
      if (!limit)
        throw new UsageError(`There is no limit ${JSON.stringify(name ?? '')}: doorpost admin limits shows them.`)
      const to = what === 'reset' ? null : readValue(limit, value)
      if (what === 'reset' && value !== undefined) throw tooMuch(`limits reset ${name}`, value)
      const after = await peer.do('admin.set', { changes: { [limit.name]: to } }, { signal })
      const now = after.limits.find((one) => one.name === limit.name) ?? limit
      return [after, `${limit.name} is ${limitText(now, now.value)} now.\n`]
    }
    default: {
      if (what !== undefined) throw tooMuch('figures', what)
      const figures = await peer.do('admin', {}, { signal })
      return [figures, figuresText(figures, screen)]
    }
  }
}

async function allUsers(peer: Peer, begin: string | undefined, signal: AbortSignal) {
  const users: Operations['admin.users']['result']['users'] = []
  for (;;) {
    const last = users.at(-1)?.name
    const page = await peer.do(
      'admin.users',
      { ...(begin !== undefined && { begin }), ...(last !== undefined && { after: last }) },
      { signal },
    )
    users.push(...page.users)
    if (!page.more || page.users.length === 0) return users
  }
}

function readValue(limit: Limit, text: string | undefined): number | string {
  if (text === undefined) throw new UsageError(`doorpost admin limits set ${limit.name} needs VALUE.`)
  if (limit.unit === 'choice') return text
  if (!limit.unit.startsWith('bytes')) return /^[0-9]{1,15}$/.test(text) ? Number(text) : text
  return text === 'none' && limit.max !== undefined && limit.unit !== 'bytes' ? limit.max : readSize(text, limit.name)
}

/** To everybody else the server says that there is no such thing. */
function explained(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === 'not-found')) throw error
  throw new Trouble('not-allowed', 'This user does not run the server.', {
    todo: 'Who runs it is decided on its own machine: doorpost admin add NAME --data DIR',
    cause: error,
  })
}

async function inDataFolder(
  action: 'add' | 'remove' | 'list',
  name: string | undefined,
  dataFolder: string,
  json: boolean,
  around: Surroundings,
): Promise<void> {
  const { addAdmin, removeAdmin, writtenAdmins } = await import('@doorpost/server/admin/admins')
  const { recordedDomain } = await import('@doorpost/server/domain-record')
  if ((await recordedDomain(dataFolder)) === undefined) {
    throw new UsageError(`No server has run with the data folder ${dataFolder} yet.`)
  }
  if (action === 'list') {
    if (name !== undefined) throw tooMuch(action, name)
  } else {
    if (name === undefined) throw new UsageError(`doorpost admin ${action} needs NAME: of a user of that server.`)
    const user = name.toLowerCase()
    if (action === 'remove' && !(await removeAdmin(dataFolder, user))) {
      throw new UsageError(`${name} is not written into ${dataFolder} as running its server.`)
    }
    const added = action === 'add' ? await addAdmin(dataFolder, user) : 'added'
    if (added === 'no-such-user') {
      throw new UsageError(`There is no ${name} on that server yet. Join under that name first, then say so again.`)
    }
    if (added === 'full') throw new UsageError('More people run that server than it can tell apart.')
  }
  const admins = await writtenAdmins(dataFolder)
  if (json) answerJson({ admins }, around)
  else if (action === 'list') around.out.write(admins.map((one) => `${printable(one)}\n`).join(''))
  else {
    const now = action === 'add' ? 'runs the server now' : 'does not run the server any more'
    around.out.write(`${printable(name ?? '')} ${now}.\n`)
  }
}

function tooMuch(said: string, word: string | undefined): UsageError {
  return new UsageError(`doorpost admin ${said} does not know what to do with ${JSON.stringify(word)}.`)
}
