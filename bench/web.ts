// The web app in Chromium: how long until somebody can begin, until a film that they tap shows its first picture, and how fast a film
// goes to a tab, against a bare data channel of the same browser. Each part writes its own results and stands for itself: one that
// fails does not take the others along.
// `node bench/web.ts [load] [play] [tabs]`: all of them where none is named. Sizes and rounds from the environment:
// DOORPOST_BENCH_MIB (2048 to play, 1024 from tab to tab), DOORPOST_BENCH_ROUNDS. What is smaller than that is printed and not kept.

import { needs } from '../scripts/needs.ts'
import { measureLoads } from './web-load.ts'
import { measurePlaying } from './web-play.ts'
import { measureTabs } from './web-tabs.ts'

const parts = { load: measureLoads, play: measurePlaying, tabs: measureTabs } as const

const chromium = needs('chromium')
if (chromium.missing !== undefined) {
  console.error(`web: not measured, ${chromium.missing}`)
  process.exit(0)
}
const wanted = process.argv.slice(2)
let failed = false
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  try {
    await measure()
  } catch (error) {
    failed = true
    console.error(`web ${name} failed:`, error)
  }
}
process.exit(failed ? 1 : 0)
