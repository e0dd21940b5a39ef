// The catalogue in German.

import { cards } from './de/cards.ts'
import { link } from './de/link.ts'
import { live } from './de/live.ts'
import { look } from './de/look.ts'
import { people } from './de/people.ts'
import { play } from './de/play.ts'
import { settings } from './de/settings.ts'
import { shell } from './de/shell.ts'
import { start } from './de/start.ts'
import { talk } from './de/talk.ts'
import type { Words } from './en.ts'

export const de: Words = { look, shell, start, talk, people, settings, cards, play, link, live }
