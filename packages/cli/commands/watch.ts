// `doorpost watch`: watches what somebody shows, in a player, into a film, as stills, or to standard output.

import type { LiveWatching } from '@doorpost/peer/live/contract'
import type { Progress } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { answerJsonLine } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { homeOf } from '../home.ts'
import { readWholeNumber } from '../read-duration.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'

/** As protocol/live/limits.ts: a second of pictures. */
const ACK_WINDOW_MAX = 30

export const watch = command({
  examples: [
    'doorpost watch alice --play',
    'doorpost watch alice --into party.mp4',
    'doorpost watch alice --stills pictures',
  ],
  operands: [{ name: 'WHO', about: 'an address: whoever shows something' }],
  options: {
    play: { type: 'flag', about: 'in a window of mpv or ffplay, whichever is here' },
    player: { type: 'text', value: 'PROGRAM', about: 'in a window of this program, which shows what it is piped' },
    into: { type: 'text', value: 'FILE', about: 'a new film: .mp4, .mkv, or .h264 (no sound)', completes: 'file' },
    stills: { type: 'text', value: 'DIR', about: 'stills alone, each a JPEG in this folder', completes: 'folder' },
    stream: { type: 'flag', about: 'write pictures and sound (Matroska) to standard output as they come' },
    'no-sound': { type: 'flag', about: 'pictures alone' },
    'ack-window': {
      type: 'text',
      value: 'N',
      about: 'pictures on their way to you at most; 1 is strict',
      default: 'by the round trip',
    },
    ...homeOption,
    json: { type: jsonOption.json.type, about: 'every change as a JSON document, one a line' },
  },
  notes: ['Whoever shows it is asked first, unless they let you in before. Ctrl-C leaves.'],
  async run({ operands: [who = ''], options }, around) {
    const { into, stills, stream, player: program, 'ack-window': ackWindow } = options
    const play = options.play || program !== undefined
    if ([play, into !== undefined, stills !== undefined, stream].filter(Boolean).length !== 1) {
      throw new UsageError('doorpost watch needs one of --play, --into FILE, --stills DIR and --stream.')
    }
    if (stream && options.json) throw new UsageError('--stream writes pictures to standard output: leave --json out.')
    await using player = play ? await around.openPlayer(program) : undefined
    await using opened = await around.openPeer(homeOf(options.home, around))
    await using out = stream ? await around.openStreamOut() : undefined
    const socket = (player ?? out)?.socket
    let last: LiveWatching | undefined
    const tell = tellChanges(stills !== undefined, options.json, around)
    const onProgress = (progress: Progress) => {
      if (progress.kind !== 'live' || progress.change.what !== 'watching') return
      last = progress.change.watching
      tell(last)
    }
    const wanted = {
      user: who,
      ...(into !== undefined && { into: resolve(around.cwd, into) }),
      ...(stills !== undefined && { stills: resolve(around.cwd, stills) }),
      ...(socket !== undefined && { socket }),
      ...(options['no-sound'] && { sound: false as const }),
      ...(ackWindow !== undefined && { ackWindow: readWholeNumber(ackWindow, 'ack-window', 1, ACK_WINDOW_MAX) }),
    }
    try {
      last = await opened.peer.do('live.watch', wanted, { signal: around.stop, onProgress })
      tellEnd(last, options.json, around)
      if (around.stop.aborted) return EXIT.stopped
      return last.reason === 'ended' || last.reason === 'left' ? undefined : EXIT.unavailable
    } catch (error) {
      const end = player?.end
      if (!around.stop.aborted && end !== 'closed') throw end ?? error
      if (!options.json && end === 'closed') around.err.write('The player was closed. ')
      if (last) tellEnd(last, options.json, around)
      return around.stop.aborted ? EXIT.stopped : undefined
    }
  },
})

const stateWords: Readonly<Record<string, string>> = {
  asked: 'They are asked whether you may watch.',
  'pending capacity': 'The server has no room for more pictures now. You wait for it.',
  'pending connections': 'The server has no room for more viewers now. You wait for it.',
  'pending viewers': 'As many watch as may. You wait until somebody leaves.',
  'pending peer-to-peer-only': 'The server carries no pictures. A direct way is tried.',
  'watching stills':
    'Only stills come for now, which are not shown here. Moving pictures follow when the server has room for them, or when they are made in a way that this takes: a .mkv file takes any.',
  'watching server': 'Pictures come through the server.',
  'watching peer': 'Pictures come straight from them.',
}

/** One sentence each time something else holds. */
function tellChanges(wantsStills: boolean, json: boolean, around: Surroundings): (watching: LiveWatching) => void {
  let said = ''
  return (watching) => {
    if (json) return answerJsonLine(watching, around)
    const { state, reason, pictures, path } = watching
    const way = pictures === 'stills' && !wantsStills ? 'stills' : path
    const detail = state === 'watching' ? way : state === 'pending' ? reason : undefined
    const words = stateWords[[state, detail].filter((word) => word !== undefined).join(' ')]
    if (words === undefined || words === said) return
    said = words
    around.err.write(`${words}\n`)
  }
}

const endWords: Readonly<Record<string, string>> = {
  declined: 'They said no.',
  kicked: 'They put you out.',
  unanswered: 'Nobody answered.',
  'no-room': 'The server has no room for you.',
  ended: 'It is over.',
  gone: 'The line was gone for too long.',
  draining: 'The server is closing down.',
}

function tellEnd(watching: LiveWatching, json: boolean, around: Surroundings): void {
  if (json) return answerJsonLine(watching, around)
  const { reason = '', shown, missing, late } = watching
  const skipped = missing + late === 0 ? 'none was missed' : `${missing + late} were missed`
  const words = endWords[reason]
  const counted = shown === 0 ? 'Nothing was shown.' : `${shown} pictures came, ${skipped}.`
  around.err.write(`${printable([words, counted].filter((word) => word !== undefined).join(' '))}\n`)
}
