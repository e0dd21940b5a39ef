// `doorpost live`: shows a film, a camera or a pipe to people, now; and decides, from any terminal of this device, who may watch.

import type { LiveShowing, LiveStanding } from '@doorpost/peer/live/contract'
import type { Progress } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { answerJson, answerJsonLine } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { homeOf } from '../home.ts'
import { readDurationMs, readWholeNumber } from '../read-duration.ts'
import { readSize } from '../read-size.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'

const decisions = ['approve', 'decline', 'allow', 'kick', 'lift'] as const
const actions = ['show', 'list', ...decisions, 'mute', 'unmute'] as const

/** As protocol/live/limits.ts: a second of pictures. */
const ACK_WINDOW_MAX = 30
const HEIGHT_MAX = 2160
/** Longest time between two stills, ms. */
const STILLS_EVERY_MS_MAX = 60_000

export const live = command({
  examples: [
    'doorpost live --from wedding.mp4 --to bob',
    'doorpost live --from /dev/video0 --to bob --stills 5s',
    'doorpost live approve carol',
  ],
  operands: [
    { name: 'ACTION', optional: true, about: 'show where nothing is said', choices: actions },
    { name: 'WHO', optional: true, about: `an address, for ${decisions.join(', ')}` },
  ],
  options: {
    from: {
      type: 'text',
      value: 'FILE',
      about: 'a film, a camera (/dev/video0), a pipe; - is what is piped in',
      completes: 'file',
    },
    to: { type: 'text', value: 'WHO', many: true, about: 'may watch without asking' },
    anybody: { type: 'flag', about: 'also people who are no contacts may ask' },
    stills: { type: 'text', value: 'TIME', about: 'no moving pictures: a still every so often, such as 5s' },
    height: { type: 'text', value: 'PIXELS', about: 'pictures no higher than this', default: '360' },
    rate: { type: 'text', value: 'SIZE', about: 'bytes a second of the pictures, such as 250k', default: '125k' },
    record: {
      type: 'text',
      value: 'FILE',
      about: 'keep what is shown in a new file, to send it later',
      completes: 'file',
    },
    again: { type: 'flag', about: 'from the beginning when the film is over' },
    'no-sound': { type: 'flag', about: 'pictures alone, also where the film has sound' },
    'ack-window': {
      type: 'text',
      value: 'N',
      about: 'pictures that a viewer may leave unacknowledged; 1 is strict',
      default: 'by the round trip',
    },
    ...homeOption,
    json: { type: jsonOption.json.type, about: 'every change as a JSON document, one a line' },
  },
  notes: [
    'It begins when somebody watches, and Ctrl-C ends it. One viewer is shown it straight; several through the server, which cannot see the pictures.',
    'allow lets somebody in whenever they ask, now and later. kick puts them out and keeps them out until lift.',
    'mute and unmute turn the sound of what is shown off and on, from any terminal.',
  ],
  async run({ operands: [action = 'show', who], options }, around) {
    const decision = decisions.find((one) => one === action)
    const aboutSomebody = decision !== undefined
    if (aboutSomebody && who === undefined) throw new UsageError(`doorpost live ${action} needs WHO: an address.`)
    if (!aboutSomebody && who !== undefined) {
      throw new UsageError(`doorpost live ${action} does not know what to do with ${JSON.stringify(who)}.`)
    }
    const wish = action === 'show' ? readWish(options, around) : undefined
    const isPiped = wish !== undefined && options.from === '-'
    await using input = isPiped ? await around.openStreamIn() : undefined
    if (isPiped && !input) throw new UsageError('--from - shows what is piped in: doorpost live --from - < FILE')
    await using opened = await around.openPeer(homeOf(options.home, around))
    if (wish === undefined) {
      const signal = around.stop
      const asked = decision
        ? opened.peer.do('live.decide', { user: who ?? '', decision }, { signal })
        : action === 'list'
          ? opened.peer.do('live.showing', {}, { signal })
          : opened.peer.do('live.mute', { muted: action === 'mute' }, { signal })
      tellStanding(await asked, options.json, around)
      return undefined
    }
    try {
      const onProgress = tellChanges(options.json, around)
      const source = input ? { ...wish, from: input.socket, piped: true as const } : wish
      const shown = await opened.peer.do('live.show', source, { signal: around.stop, onProgress })
      if (options.json) answerJsonLine(shown, around)
      else around.err.write(`It is over. ${shown.frames} pictures were shown.\n`)
      if (options.record !== undefined) tellRecorded(options.record, around)
      return around.stop.aborted ? EXIT.stopped : undefined
    } catch (error) {
      if (!around.stop.aborted) throw error
      around.err.write('Nothing is shown any more.\n')
      if (options.record !== undefined) tellRecorded(options.record, around)
      return EXIT.stopped
    }
  },
})

function readWish(
  options: {
    readonly from: string | undefined
    readonly to: string[]
    readonly anybody: boolean
    readonly stills: string | undefined
    readonly height: string | undefined
    readonly rate: string | undefined
    readonly again: boolean
    readonly 'no-sound': boolean
    readonly record: string | undefined
    readonly 'ack-window': string | undefined
  },
  around: Surroundings,
) {
  const { from, to, stills, height, rate, 'ack-window': ackWindow } = options
  if (from === undefined) throw new UsageError('doorpost live needs --from FILE: what is shown.')
  if (from === '-' && options.again) throw new UsageError('What is piped in comes once: leave --again out.')
  return {
    from: resolve(around.cwd, from),
    to,
    ...(options.anybody && { asks: 'anybody' as const }),
    ...(options.record !== undefined && { record: resolve(around.cwd, options.record) }),
    ...(options.again && { again: true as const }),
    ...(options['no-sound'] && { sound: false as const }),
    ...(stills !== undefined && { stillsEveryMs: readDurationMs(stills, 'stills', STILLS_EVERY_MS_MAX) }),
    ...(height !== undefined && { height: readWholeNumber(height, 'height', 16, HEIGHT_MAX) }),
    ...(rate !== undefined && { bitsPerSecond: 8 * readSize(rate, '--rate') }),
    ...(ackWindow !== undefined && { ackWindow: readWholeNumber(ackWindow, 'ack-window', 1, ACK_WINDOW_MAX) }),
  }
}

function tellRecorded(file: string, around: Surroundings): void {
  around.err.write(`It was recorded. For those who missed it: doorpost send ${printable(file)} WHO\n`)
}

const pathWords = { peer: 'straight from here', server: 'through the server' } as const

/** Says who asks, who watches and which way, once each time it changes. */
function tellChanges(json: boolean, around: Surroundings): (progress: Progress) => void {
  const asked = new Set<string>()
  const said = new Map<string, string>()
  return (progress) => {
    if (progress.kind !== 'live' || progress.change.what !== 'showing') return
    const { showing } = progress.change
    if (json) return answerJsonLine(showing, around)
    for (const who of showing.asking) {
      if (asked.has(who)) continue
      asked.add(who)
      around.err.write(`${printable(who)} asks to watch. Let them in: doorpost live approve ${printable(who)}\n`)
    }
    for (const viewer of showing.viewers) {
      const words = viewerWords(viewer)
      if (said.get(viewer.address) === words) continue
      said.set(viewer.address, words)
      around.err.write(`${printable(viewer.address)} ${words}\n`)
    }
  }
}

function viewerWords({ state, path, pictures, reason }: LiveShowing['viewers'][number]): string {
  if (state === 'watching') {
    return `watches ${pictures === 'stills' ? 'stills ' : ''}${pathWords[path ?? 'server']}.`
  }
  if (state === 'pending') return `waits: ${reasonWords[reason ?? ''] ?? reason}.`
  return state === 'asked' ? 'asks to watch.' : 'does not watch any more.'
}

const reasonWords: Readonly<Record<string, string>> = {
  capacity: 'the server has no room for more pictures now',
  connections: 'the server has no room for more viewers now',
  viewers: 'as many watch as may',
  'peer-to-peer-only': 'the server carries no pictures, and there is no direct way yet',
  line: 'their line is being opened',
}

function tellStanding(standing: LiveStanding, json: boolean, around: Surroundings): void {
  if (json) return answerJson(standing, around)
  const line = (label: string, people: readonly string[]) => {
    if (people.length > 0) around.out.write(`${label}: ${people.map(printable).join(', ')}\n`)
  }
  for (const { asking, viewers } of standing.showing) {
    line('Ask to watch', asking)
    for (const viewer of viewers) around.out.write(`${printable(viewer.address)} ${viewerWords(viewer)}\n`)
  }
  if (standing.showing.length === 0) around.err.write('Nothing is shown from here now.\n')
  line('Always let in', standing.always)
  line('Kept out', standing.never)
}
