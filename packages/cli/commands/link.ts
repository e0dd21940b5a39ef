// `doorpost link LINK`, or `doorpost join SERVER --link CODE`: makes this machine another device of a user, by a code that
// the first device shows.

import { hostname } from 'node:os'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { homeOf, homeWords } from '../home.ts'
import { openStoreOf } from '../open-store.ts'
import { painted } from '../show/paint.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'
import { deviceNameOf } from './join.ts'

/** Any time will do, ms. */
const STAY_MS = 60_000

export const link = command({
  examples: [
    'doorpost link http://localhost:8025 008J-4CT4-ANK7-F24S-NAXW-SQFE-ZYM0',
    "doorpost link 'http://localhost:8025/link#v1.008J-4CT4-ANK7-F24S-NAXW-SQFE-ZYM0' --device tower",
    'doorpost link http://localhost:8025 008J-4CT4-ANK7-F24S-NAXW-SQFE-ZYM0 --home T --json',
  ],
  operands: [
    { name: 'SERVER', about: 'address of the server, or the whole link' },
    { name: 'CODE', optional: true, about: 'the code that doorpost devices add shows' },
  ],
  options: {
    device: { type: 'text', value: 'NAME', about: 'what this device is called', default: "this machine's name" },
    ...homeOption,
    ...jsonOption,
  },
  run: ({ operands: [target = '', code], options }, around) => linkThisDevice(target, code, options, around),
})

interface LinkOptions {
  readonly device: string | undefined
  readonly home: string | undefined
  readonly json: boolean
}

/** `target`: an origin, or a link that has the code in it. */
export async function linkThisDevice(
  target: string,
  written: string | undefined,
  options: LinkOptions,
  around: Surroundings,
): Promise<undefined> {
  const { parseLinkCode, parseLinkUrl } = await import('@doorpost/protocol/link')
  const { parseOrigin } = await import('@doorpost/peer/session/origin')
  const whole = parseLinkUrl(target)
  const origin = parseOrigin(whole?.origin ?? target)
  const code = whole?.code ?? (written === undefined ? undefined : parseLinkCode(written))
  if (origin === undefined) {
    throw new UsageError(`${JSON.stringify(target)} is no address of a server. Write it like https://example.org.`)
  }
  if (!code) {
    throw new UsageError(
      written === undefined
        ? 'A code is needed: doorpost devices add shows one on the first device.'
        : 'This code is not whole, or has a slip in it. Compare it with the screen of the first device.',
    )
  }
  const path = homeOf(options.home, around)
  const { linkDevice } = await import('@doorpost/peer/identity/link-accept')
  await using store = await openStoreOf(path)
  const { err } = around
  // A device's own timers keep no process alive, and between two looks there is nothing else.
  using _alive = stayAlive()
  const identity = await linkDevice({
    store,
    origin,
    code,
    device: options.device ?? deviceNameOf(hostname()),
    signal: around.stop,
    onWaiting({ user, fingerprint }) {
      err.write(
        `Say yes on the device of ${printable(user)} that showed the code. It must show the same fingerprint:\n`,
      )
      err.write(`${painted(fingerprint, 'bold', err)}\n`)
    },
  })
  if (options.json) {
    const { user, device, fingerprint } = identity
    answerJson({ address: user, device, fingerprint, server: origin, home: path }, around)
    return undefined
  }
  around.out.write(`You are ${printable(identity.user)}, and this device is called ${printable(identity.device)}.\n`)
  err.write('What was said before comes from the first device, the newest first, while both are there now and then.\n')
  err.write(`What next:\n  doorpost agent${homeWords(options.home)}     stay, and collect what comes\n`)
  return undefined
}

function stayAlive(): Disposable {
  const timer = setInterval(() => {}, STAY_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
