// The catalogue in German.

import { admin } from './de/admin.ts'
import { cards } from './de/cards.ts'
import { link } from './de/link.ts'
import { look } from './de/look.ts'
import { play } from './de/play.ts'
import { shell } from './de/shell.ts'
import type { Words } from './en.ts'

export const de: Words = { look, shell, cards, play, link, admin }
