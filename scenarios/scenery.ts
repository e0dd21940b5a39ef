// Moving pictures that look like a camera's, drawn by arithmetic: a lake at dusk with hills, drifting clouds and a boat. For films that people see in
// the README's pictures; the same every time. What they are encoded to is film.ts's business.

/** Bytes of a picture are red, green, blue, row by row. */
export interface Scenery {
  readonly width: number
  readonly height: number
  /** The picture at that time, a buffer of its own. */
  at(seconds: number): Buffer
}

type Colour = readonly [number, number, number]

const SKY: readonly Colour[] = [
  [44, 58, 104],
  [120, 106, 150],
  [232, 150, 120],
  [255, 206, 140],
]
/** From far to near: colour, height over the lake as a share of the sky, roughness. */
const HILLS: readonly {
  readonly colour: Colour
  readonly rise: number
  readonly waves: number
  readonly seed: number
}[] = [
  { colour: [140, 112, 138], rise: 0.42, waves: 3.1, seed: 1 },
  { colour: [92, 80, 112], rise: 0.3, waves: 4.3, seed: 5 },
  { colour: [48, 50, 78], rise: 0.17, waves: 7.7, seed: 9 },
]
/** Where the lake begins, share of the height. */
const SHORE = 0.62
const SUN = { x: 0.66, y: 0.44, radius: 0.035 } as const

export function openScenery(width: number, height: number): Scenery {
  const shore = Math.round(height * SHORE)
  const land = paintLand(width, height, shore)
  return {
    width,
    height,
    at(seconds) {
      const picture = Buffer.alloc(width * height * 3)
      for (let y = 0; y < shore; y++) {
        for (let x = 0; x < width; x++) {
          const at = (y * width + x) * 3
          const cloud = land.open[y * width + x] === 1 ? cloudAt(x / width + seconds * 0.006, y / shore) : 0
          for (let one = 0; one < 3; one++) {
            const sky = land.rgb[at + one] ?? 0
            picture[at + one] = sky + (CLOUD[one]! - sky) * cloud
          }
        }
      }
      paintLake(picture, width, height, shore, seconds)
      paintBoat(picture, width, height, shore, seconds)
      return picture
    },
  }
}

const CLOUD: Colour = [255, 196, 170]

/** Everything above the shore that stands still; `open`: where the sky is seen. */
function paintLand(width: number, height: number, shore: number): { rgb: Float32Array; open: Uint8Array } {
  const rgb = new Float32Array(width * shore * 3)
  const open = new Uint8Array(width * shore).fill(1)
  for (let y = 0; y < shore; y++) {
    for (let x = 0; x < width; x++) {
      const far = Math.hypot(x - SUN.x * width, y - SUN.y * height) / height
      const glow = Math.exp(-far * 3.2) * 0.75
      const disc = smooth((SUN.radius - far) / 0.006 + 0.5)
      const sky = alongSky(y / shore)
      for (let one = 0; one < 3; one++) {
        const lit = sky[one]! + (SUN_LIGHT[one]! - sky[one]!) * glow
        rgb[(y * width + x) * 3 + one] = lit + (255 - lit) * disc
      }
    }
  }
  for (const { colour, rise, waves, seed } of HILLS) {
    for (let x = 0; x < width; x++) {
      const top = shore - rise * shore * ridge((x / width) * waves, seed)
      for (let y = Math.max(0, Math.floor(top)); y < shore; y++) {
        const cover = Math.min(1, y - top)
        if (cover <= 0) continue
        // Mist lies at the foot of each range.
        const mist = 0.35 * ((y - top) / Math.max(1, shore - top)) ** 2
        for (let one = 0; one < 3; one++) {
          const at = (y * width + x) * 3 + one
          const solid = colour[one]! + (MIST[one]! - colour[one]!) * mist
          rgb[at] = rgb[at]! + (solid - rgb[at]!) * cover
        }
        open[y * width + x] = 0
      }
    }
  }
  return { rgb, open }
}

const SUN_LIGHT: Colour = [255, 222, 160]
const MIST: Colour = [214, 160, 146]
const DEEP: Colour = [26, 34, 66]

/** The lake shows what is above it, upside down, broken by ripples that grow towards the eye. */
function paintLake(picture: Buffer, width: number, height: number, shore: number, seconds: number): void {
  for (let y = shore; y < height; y++) {
    const near = (y - shore) / (height - shore)
    const wave = Math.sin(y * 0.9 - seconds * 2.2) + Math.sin(y * 0.37 + seconds * 1.3)
    const mirrored = Math.max(0, Math.min(shore - 1, Math.round(shore - 1 - (y - shore) * 1.25 + wave * near * 5)))
    for (let x = 0; x < width; x++) {
      const sway = Math.sin(x * 0.05 + y * 0.6 - seconds * 1.7) * near * 9
      const from = Math.max(0, Math.min(width - 1, Math.round(x + sway)))
      const sparkle = field(x * 0.11 + Math.sin(y + seconds) * 2, y * 0.8 - seconds * 3) - 0.55
      const path = Math.exp(-(((x - SUN.x * width) / (width * (0.035 + near * 0.09))) ** 2))
      const light = Math.max(0, sparkle) * path * 420
      for (let one = 0; one < 3; one++) {
        const seen = picture[(mirrored * width + from) * 3 + one] ?? 0
        const water = seen * 0.82 + (DEEP[one]! - seen * 0.82) * (0.18 + near * 0.45)
        picture[(y * width + x) * 3 + one] = Math.min(255, water + light * (one === 2 ? 0.6 : 1))
      }
    }
  }
}

/** A small sail that crosses slowly. */
function paintBoat(picture: Buffer, width: number, height: number, shore: number, seconds: number): void {
  const size = height * 0.12
  const middle = width * (0.2 + seconds * 0.008)
  const foot = shore + height * 0.075 + Math.sin(seconds * 1.1)
  for (let y = Math.floor(foot - size); y < foot + size * 1.1; y++) {
    // What stands below the hull is the boat upside down, broken and faint.
    const under = y > foot + size * 0.1
    const up = under ? (y - foot) / size - 0.2 : (foot - y) / size
    const shift = under ? Math.sin(y * 0.8 - seconds * 2) * 0.05 : 0
    for (let x = Math.floor(middle - size * 0.5); x < middle + size * 0.5; x++) {
      const colour = boatAt((x - middle) / size + shift, up)
      if (!colour || x < 0 || x >= width || y < 0 || y >= height) continue
      for (let one = 0; one < 3; one++) {
        const at = (y * width + x) * 3 + one
        picture[at] = under ? mix(picture[at]!, colour[one]!, 0.3 * (1 - up)) : colour[one]!
      }
    }
  }
}

/** Hull, main sail and jib; a boat is 1 high. */
function boatAt(across: number, up: number): Colour | undefined {
  if (up < 0 && up > -0.1 && Math.abs(across) < 0.3 + up * 1.4) return [30, 26, 40]
  if (up <= 0.04) return undefined
  if (across > 0.01 && across < (1 - up) * 0.32) return [252, 232, 214]
  return across < -0.02 && across > -(0.85 - up) * 0.26 ? [238, 206, 190] : undefined
}

function alongSky(share: number): Colour {
  const at = Math.min(SKY.length - 1.001, share ** 0.9 * (SKY.length - 1))
  const [above, below] = [SKY[Math.floor(at)]!, SKY[Math.floor(at) + 1]!]
  const part = at % 1
  return [0, 1, 2].map((one) => above[one]! + (below[one]! - above[one]!) * part) as unknown as Colour
}

/** How high a range is there, 0 to 1. */
function ridge(x: number, seed: number): number {
  let height = 0
  for (let octave = 0, size = 0.5; octave < 6; octave++, size /= 2) {
    height += size * noise(x * 2 ** octave + seed * 31.7, seed)
  }
  return 0.25 + 0.75 * height
}

/** How much cloud is there, 0 to 0.6: flat streaks, more of them high up. */
function cloudAt(x: number, y: number): number {
  let sum = 0
  for (let octave = 0, size = 0.5; octave < 4; octave++, size /= 2) {
    const scale = 2 ** octave
    sum += size * field(x * 3.4 * scale, y * 11 * scale)
  }
  return smooth((sum - 0.5) * 3.6) * 0.6 * (1 - y * 0.5)
}

function field(x: number, y: number): number {
  const row = Math.floor(y)
  return mix(noise(x, row), noise(x, row + 1), smooth(y - row))
}

function noise(x: number, row: number): number {
  const cell = Math.floor(x)
  return mix(chance(cell, row), chance(cell + 1, row), smooth(x - cell))
}

/** The same number from 0 to 1 for the same cell, always. */
function chance(cell: number, row: number): number {
  let mixed = Math.imul(cell, 0x27d4eb2d) ^ Math.imul(Math.round(row) + 101, 0x165667b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 4_294_967_295
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share
}

function smooth(share: number): number {
  const inside = Math.max(0, Math.min(1, share))
  return inside * inside * (3 - 2 * inside)
}
