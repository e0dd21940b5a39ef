// Schemas are interpreted here: the page's policy forbids making code from text, and asking whether it does is a report of its own.

import { config } from 'zod'

config({ jitless: true })
