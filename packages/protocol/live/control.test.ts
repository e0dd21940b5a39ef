import { expect, test } from 'vitest'
import { askSchema, livePushSchemas, sinksSchema, startSchema, wantSchema, watchSchema } from './control.ts'

const broadcast = 'AAAAAAAAAAAAAAAAAAAAAA'
const format = {
  picture: { codec: 'avc1.42E01F', width: 640, height: 360, framesPerSecond: 30, layers: 3 },
  audio: { codec: 'opus', channels: 1, sampleRateHz: 48_000 },
  bytesPerSecond: { pictures: 120_000, stills: 8_000, audio: 6_000 },
}

test('[LVS3] messages of control data say what they may and nothing more', () => {
  expect(startSchema.parse({ broadcast, format })).toEqual({ broadcast, asks: 'contacts', format })
  expect(askSchema.parse({ user: 'alice@example.org' })).toEqual({
    user: 'alice@example.org',
    pictures: 'moving',
    audio: true,
  })
  for (const wrong of [
    { broadcast: 'short', format },
    { broadcast, format: { ...format, title: 'The wedding' } },
    { broadcast, format: { ...format, picture: { ...format.picture, codec: 'avc1 <script>' } } },
    { broadcast, format: { ...format, picture: { ...format.picture, framesPerSecond: 1_000 } } },
    { broadcast, format, ackWindow: 0 },
  ]) {
    expect(startSchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
  }
  expect(wantSchema.safeParse({ keyFrame: false }).success).toBe(false)
  expect(sinksSchema.safeParse({ turn: 3, pictures: 'server', stills: false }).success).toBe(true)
  expect(watchSchema.safeParse({ watch: broadcast, standing: { state: 'watching' } }).success).toBe(false)
})

test('[LVS3] each push has a kind of its own', () => {
  const kinds = livePushSchemas.map((schema) => schema.shape.kind.value)
  expect(new Set(kinds).size).toBe(kinds.length)
})
