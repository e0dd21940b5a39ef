import { describe, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import type { SourceFault } from './fetch-source.ts'
import { judge } from './verdict.ts'

const alices = 'alice@example.org/laptop' as DeviceAddress
const bobs = 'bob@example.org/laptop' as DeviceAddress
const fault = (source: string, state: SourceFault['fault']['state'], piece = 3): SourceFault => ({
  source,
  fault: { state, piece, cause: 'cause' },
  forGood: true,
})
const senders = [alices]
const verdict = (faults: SourceFault[], left: DeviceAddress[]) => judge('film.mkv', faults, { senders, left })

describe('what faults come to', () => {
  test('[SRC13] the sender’s changed file is the end only where nobody else is known to have it', () => {
    expect(verdict([fault(alices, 'source-changed')], [])).toEqual({
      kind: 'changed',
      reason: `film.mkv is not what ${alices} sent any more: piece 3 differs. Nothing of it was taken.`,
    })
    const waits = verdict([fault(alices, 'source-changed')], [bobs])
    expect(waits).toMatchObject({ kind: 'again', declined: false })
    expect('reason' in waits && waits.reason).toMatch(/^bob's laptop is not on-line/)
    expect(verdict([fault(alices, 'source-changed'), fault(bobs, 'bad-piece')], [])).toMatchObject({ kind: 'changed' })
  })

  test('[SRC13] a recipient’s bad copy is never the end while the sender may come', () => {
    expect(verdict([fault(bobs, 'bad-piece')], [alices])).toMatchObject({ kind: 'again', declined: false })
    expect(verdict([fault(bobs, 'source-changed')], [alices])).toMatchObject({ kind: 'again' })
  })

  test('[SRC13] where all that is left is not what was signed, piece and source are named', () => {
    expect(verdict([fault(alices, 'bad-piece')], [])).toEqual({
      kind: 'bad-pieces',
      reason: `Piece 3 of film.mkv from ${alices} is not what was signed. It was not taken.`,
    })
    expect(verdict([fault(alices, 'bad-list')], [])).toMatchObject({ kind: 'bad-pieces' })
  })

  test('[SRC13] what is waited for is said: a drive, a line, somebody who is away, pieces, or an owner', () => {
    const reason = (faults: SourceFault[], left: DeviceAddress[]) => {
      const said = verdict(faults, left)
      return said.kind === 'again' ? [said.reason, said.declined] : said.kind
    }
    const both = [alices, bobs]
    expect(reason([fault(alices, 'source-away'), fault(bobs, 'refused')], both)).toEqual([
      `film.mkv cannot be read on ${alices} now: its drive may be unplugged. It goes on by itself.`,
      false,
    ])
    expect(reason([fault(alices, 'cannot-open'), fault(bobs, 'refused')], both)).toEqual([
      `${alices} cannot be reached now. It goes on by itself.`,
      false,
    ])
    expect(reason([fault(bobs, 'has-nothing')], both)).toEqual([
      "alice's laptop is not on-line. It goes on by itself when it is back.",
      false,
    ])
    expect(reason([fault(bobs, 'has-nothing')], [bobs])).toEqual([
      'Whoever is on-line has no more of film.mkv. It goes on by itself when somebody has.',
      false,
    ])
    expect(reason([fault(alices, 'refused')], [alices])).toEqual([
      `${alices} does not give film.mkv out: it was withdrawn, or its time is over.`,
      true,
    ])
    expect(reason([], [])).toEqual(['Nobody has it now. It goes on by itself when somebody comes.', false])
  })
})
