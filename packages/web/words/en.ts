// The catalogue in English: the first of the languages, whose shape the others have. A row a room; each room has its file.

import { admin } from './en/admin.ts'
import { cards } from './en/cards.ts'
import { link } from './en/link.ts'
import { look } from './en/look.ts'
import { play } from './en/play.ts'
import { shell } from './en/shell.ts'

export const en = { look, shell, cards, play, link, admin }

export type Words = typeof en
