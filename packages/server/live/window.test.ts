import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openLine, openSecond } from './line.ts'
import { type LiveFrame, openWindow, type ViewerWindow } from './window.ts'

const FPS = 30
const FRAME_MS = 1000 / FPS

/** L1T3 as encoders order it: 0 2 1 2. */
const PATTERN = [0, 2, 1, 2]

function frame(
  sequence: number,
  options: { key?: boolean; layer?: number; type?: 'picture' | 'still'; bytes?: number } = {},
): LiveFrame {
  const { key = false, layer = 0, type = 'picture', bytes = 4000 } = options
  const header = { type, keyFrame: key || type === 'still', layer, epoch: 1, sequence, capturedAtUs: sequence * 33_333 }
  return { header, bytes: new Uint8Array(bytes) }
}

function opened(ackWindow?: number): ViewerWindow {
  const window = openWindow()
  window.set(ackWindow, FPS)
  return window
}

/** A broadcast against a viewer behind a line: the frames that reached it, in order, and when the window held most. */
function play(
  window: ViewerWindow,
  options: {
    frames: number
    layers: 1 | 3
    lineBytesPerSecond: number
    delayMs: number
    obeysKeyFrames?: boolean
    bytes?: (key: boolean) => number
  },
) {
  const {
    frames,
    layers,
    lineBytesPerSecond,
    delayMs,
    obeysKeyFrames = true,
    bytes = (key) => (key ? 20_000 : 4000),
  } = options
  const got: LiveFrame[] = []
  const acknowledgements: { atMs: number; sequence: number }[] = []
  let lineFreeMs = 0
  let mostInFlight = 0
  let worstLagMs = 0
  let keyWanted = true
  let sinceKey = 0
  const send = (one: LiveFrame, nowMs: number) => {
    got.push(one)
    lineFreeMs = Math.max(lineFreeMs, nowMs) + (one.bytes.length * 1000) / lineBytesPerSecond
    worstLagMs = Math.max(worstLagMs, lineFreeMs + delayMs - one.header.sequence * FRAME_MS)
    acknowledgements.push({ atMs: lineFreeMs + 2 * delayMs, sequence: one.header.sequence })
    mostInFlight = Math.max(mostInFlight, window.inFlight)
  }
  const acknowledge = (untilMs: number) => {
    for (let one = acknowledgements[0]; one && one.atMs <= untilMs; one = acknowledgements[0]) {
      acknowledgements.shift()
      expect(window.acknowledge(1, one.sequence, one.atMs)).toBe(true)
      const freed = window.release(one.atMs)
      if (freed) send(freed, one.atMs)
      if (window.wantsKeyFrame(one.atMs)) keyWanted = obeysKeyFrames
    }
  }
  for (let sequence = 0; sequence < frames; sequence++) {
    const nowMs = sequence * FRAME_MS
    acknowledge(nowMs)
    const isKey = keyWanted && (layers === 1 || sinceKey % PATTERN.length === 0)
    if (isKey) {
      keyWanted = false
      sinceKey = 0
    }
    const layer = layers === 1 ? 0 : (PATTERN[sinceKey % PATTERN.length] as number)
    sinceKey++
    const one = frame(sequence, { key: isKey, layer, bytes: bytes(isKey) })
    if (window.offer(one, nowMs)) send(one, nowMs)
    if (window.wantsKeyFrame(nowMs)) keyWanted = obeysKeyFrames
  }
  return { got, mostInFlight, worstLagMs }
}

/** Every frame that reached the viewer has all it needs, by the rules of L1T3. */
function expectDecodable(got: readonly LiveFrame[], all: number): void {
  const reached = new Map(got.map((one) => [one.header.sequence, one.header]))
  let previous = -1
  for (const { header } of got) {
    expect(header.sequence).toBeGreaterThan(previous)
    previous = header.sequence
    if (header.keyFrame) continue
    // A frame needs the newest one before it of a lower layer, or the newest base for a base.
    let needed = header.sequence - 1
    while (needed >= 0 && !(header.layer === 0 ? layerOf(needed) === 0 : layerOf(needed) < header.layer)) needed--
    expect(reached.has(needed), `${header.sequence} of layer ${header.layer} needs ${needed}`).toBe(true)
  }
  expect(previous).toBeLessThan(all)

  function layerOf(sequence: number): number {
    return layers.get(sequence) ?? 0
  }
}
const layers = new Map<number, number>()

describe('window', () => {
  test('[LVS20] the window is never exceeded; strict: a viewer that stops acknowledging gets at most one more picture', () => {
    const window = opened(1)
    expect(window.offer(frame(0, { key: true }), 0)).toBe(true)
    for (let sequence = 1; sequence < 100; sequence++)
      expect(window.offer(frame(sequence, { key: sequence % 10 === 0 }), sequence)).toBe(false)
    expect(window.inFlight).toBe(1)
    expect(window.acknowledge(1, 0, 100)).toBe(true)
    expect(window.release(100)?.header.sequence).toBe(90)
    expect(window.release(100)).toBeUndefined()
    for (let sequence = 100; sequence < 200; sequence++) window.offer(frame(sequence, { key: true }), sequence)
    expect(window.inFlight).toBe(1)
  })

  test('[LVS21] unset, the window is as many pictures as fit into the round trip, and one; 100 ms more as long as the viewer keeps up', () => {
    const window = opened()
    expect(window.size).toBe(4)
    let nowMs = 0
    for (let sequence = 0; sequence < 40; sequence++) {
      window.offer(frame(sequence, { key: true }), nowMs)
      window.acknowledge(1, sequence, nowMs + 150)
      nowMs += 200
    }
    expect(window.size).toBe(Math.ceil((FPS * 250) / 1000) + 1)
    for (let sequence = 40; sequence < 60; sequence++) window.offer(frame(sequence), nowMs)
    expect(window.size).toBe(Math.ceil((FPS * 150) / 1000) + 1)
    window.set(3, FPS)
    expect(window.size).toBe(3)
  })

  test('[LVS22] a key frame that comes while the window is full is parked, newest only, and goes first when there is room', () => {
    const window = opened(1)
    window.offer(frame(0, { key: true }), 0)
    window.offer(frame(1), 1)
    window.offer(frame(2), 2)
    window.offer(frame(3, { key: true }), 3)
    window.offer(frame(4, { key: true }), 4)
    expect(window.wantsKeyFrame(5)).toBe(false)
    window.acknowledge(1, 0, 6)
    expect(window.release(6)?.header.sequence).toBe(4)
    // Nothing was left out after it: what follows follows.
    window.acknowledge(1, 4, 7)
    expect(window.offer(frame(5), 8)).toBe(true)
    expect(window.wantsKeyFrame(9)).toBe(false)
  })

  test('[LVS22] after a gap that nothing fills, nothing but a key frame goes, asked for when there is room and not too often', () => {
    const window = opened(1)
    window.offer(frame(0, { key: true }), 0)
    for (const sequence of [1, 2]) window.offer(frame(sequence), sequence)
    expect(window.wantsKeyFrame(3)).toBe(false)
    window.acknowledge(1, 0, 10)
    expect(window.release(10)?.header.sequence).toBe(1)
    expect(window.wantsKeyFrame(11)).toBe(false)
    window.acknowledge(1, 1, 20)
    expect(window.offer(frame(3), 20)).toBe(false)
    expect(window.wantsKeyFrame(20)).toBe(true)
    expect(window.wantsKeyFrame(21)).toBe(false)
    expect(window.wantsKeyFrame(520)).toBe(true)
    expect(window.offer(frame(4, { key: true }), 530)).toBe(true)
    // All the time: more and more seldom.
    let asked = 0
    window.lost()
    window.acknowledge(1, 4, 531)
    for (let nowMs = 532; nowMs < 20_532; nowMs += 10) if (window.wantsKeyFrame(nowMs)) asked++
    expect(asked).toBeLessThan(9)
  })

  test('[LVS23] a full window sheds the top layer, then the next, and gives them back one by one', () => {
    const window = opened(1)
    window.offer(frame(0, { key: true }), 0)
    const full = [frame(1, { layer: 2 }), frame(2, { layer: 1 }), frame(3, { layer: 2 })]
    expect(full.map((one) => window.offer(one, one.header.sequence))).toEqual([false, false, false])
    window.acknowledge(1, 0, 4)
    window.set(10, FPS)
    // Both layers are shed now: the base goes on alone, though there is room.
    const after = [frame(4), frame(5, { layer: 2 }), frame(6, { layer: 1 }), frame(7, { layer: 2 })]
    expect(after.map((one) => window.offer(one, 5))).toEqual([true, false, false, false])
    const cameBack: number[] = []
    for (let sequence = 8; sequence < 100; sequence++) {
      const layer = PATTERN[sequence % 4] as number
      const nowMs = sequence * FRAME_MS
      if (window.offer(frame(sequence, { layer }), nowMs)) {
        if (!cameBack.includes(layer)) cameBack.push(layer)
        window.acknowledge(1, sequence, nowMs + 5)
      }
    }
    expect(cameBack).toEqual([0, 1, 2])
  })

  test('[LVS24] behind any line, what a viewer gets it can decode, in order, within its window', () => {
    fc.assert(
      fc.property(
        fc.record({
          frames: fc.constant(200),
          layers: fc.constantFrom(1 as const, 3 as const),
          lineBytesPerSecond: fc.integer({ min: 5_000, max: 400_000 }),
          delayMs: fc.integer({ min: 0, max: 200 }),
          obeysKeyFrames: fc.boolean(),
        }),
        fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
        (options, ackWindow) => {
          layers.clear()
          const window = opened(ackWindow)
          const offer = window.offer
          window.offer = (one, nowMs, routable) => {
            layers.set(one.header.sequence, one.header.keyFrame ? 0 : one.header.layer)
            return offer(one, nowMs, routable)
          }
          const { got, mostInFlight } = play(window, options)
          expect(got.length).toBeGreaterThan(0)
          expect(mostInFlight).toBeLessThanOrEqual(ackWindow ?? 30)
          expectDecodable(got, options.frames)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('[LVS24] a viewer on a line of half the rate stays within 0.6 s of what is shown, with layers and without', () => {
    for (const layers of [1, 3] as const) {
      const { got, worstLagMs } = play(opened(), {
        frames: 900,
        layers,
        lineBytesPerSecond: 60_000,
        delayMs: 20,
        bytes: () => 4000,
      })
      expect(worstLagMs, `${layers} layers`).toBeLessThan(600)
      expect(got.length, `${layers} layers`).toBeGreaterThan(layers === 1 ? 60 : 200)
    }
  })

  test('[LVS24] a viewer on a good line skips nothing', () => {
    for (const layers of [1, 3] as const) {
      const window = opened()
      expect(play(window, { frames: 300, layers, lineBytesPerSecond: 10_000_000, delayMs: 60 }).got.length).toBe(300)
      expect(window.skipped).toBe(0)
    }
  })

  test('[LVS25] while server connections have no room, it is as if the window were full, and what was parked goes when they have', () => {
    const window = opened()
    expect(window.offer(frame(0, { key: true }), 0, false)).toBe(false)
    expect(window.offer(frame(1), 33, false)).toBe(false)
    expect(window.inFlight).toBe(0)
    expect(window.release(66)?.header.sequence).toBe(0)
    expect(window.wantsKeyFrame(66)).toBe(true)
  })

  test('[LVS26] a still stands for itself: the newest goes when there is room', () => {
    const window = opened(1)
    expect(window.offer(frame(0, { type: 'still' }), 0)).toBe(true)
    for (let sequence = 1; sequence < 5; sequence++)
      expect(window.offer(frame(sequence, { type: 'still' }), sequence)).toBe(false)
    window.acknowledge(1, 0, 10)
    expect(window.release(10)?.header.sequence).toBe(4)
  })

  test('[LVS20] an acknowledgement of what is not on its way is nothing; over another connection nothing is on its way', () => {
    const window = opened(2)
    window.offer(frame(0, { key: true }), 0)
    expect(window.acknowledge(1, 7, 1)).toBe(false)
    expect(window.acknowledge(2, 0, 1)).toBe(false)
    window.restart()
    expect([window.inFlight, window.acknowledge(1, 0, 2), window.offer(frame(1), 2)]).toEqual([0, false, false])
    expect(window.wantsKeyFrame(2)).toBe(true)
  })
})

describe('line', () => {
  test('[LVS30] a line that is throttled shows in its figures within 2 s', () => {
    const line = openLine()
    const run = (fromMs: number, untilMs: number, bytesPerSecond: number) => {
      // Always two frames on their way: the line is what holds them.
      let nowMs = fromMs
      const flight = [line.sent(4000, nowMs, false), line.sent(4000, nowMs, false)]
      while (nowMs < untilMs) {
        nowMs += (4000 * 1000) / bytesPerSecond
        const oldest = flight.shift()
        if (oldest) line.acknowledged(oldest, 4000, nowMs)
        flight.push(line.sent(4000, nowMs, false))
      }
      return nowMs
    }
    const throttledMs = run(0, 5_000, 1_000_000)
    expect(line.rate(throttledMs)).toBeGreaterThan(800_000)
    expect(line.bytesPerSecond(throttledMs)).toBeGreaterThan(800_000)
    const laterMs = run(throttledMs, throttledMs + 1_800, 50_000)
    expect(line.rate(laterMs)).toBeLessThan(110_000)
    expect(line.bytesPerSecond(laterMs)).toBeLessThan(110_000)
    expect(line.rate(laterMs + 2_000)).toBe(0)
  })

  test('[LVS30] the bytes of the last second are those of the last second', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 700 }), bytes: fc.nat(10_000) }), { maxLength: 60 }),
        (steps) => {
          const second = openSecond()
          const added: { atMs: number; bytes: number }[] = []
          let nowMs = 12_345
          for (const { afterMs, bytes } of steps) {
            nowMs += afterMs
            second.add(bytes, nowMs)
            added.push({ atMs: nowMs, bytes })
            const within = (ms: number) =>
              added.filter(({ atMs }) => nowMs - atMs < ms).reduce((sum, one) => sum + one.bytes, 0)
            expect(second.bytes(nowMs)).toBeGreaterThanOrEqual(within(900))
            expect(second.bytes(nowMs)).toBeLessThanOrEqual(within(1000))
          }
        },
      ),
    )
  })
})
