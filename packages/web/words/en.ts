// The catalogue in English: the first of the languages, whose shape the others have. A row a room; each room has its file.

import { cards } from './en/cards.ts'
import { link } from './en/link.ts'
import { live } from './en/live.ts'
import { look } from './en/look.ts'
import { people } from './en/people.ts'
import { play } from './en/play.ts'
import { settings } from './en/settings.ts'
import { shell } from './en/shell.ts'
import { start } from './en/start.ts'
import { talk } from './en/talk.ts'

export const en = { look, shell, start, talk, people, settings, cards, play, link, live }

export type Words = typeof en
