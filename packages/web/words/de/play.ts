import type { play as en } from '../en/play.ts'

export const play: typeof en = {}
