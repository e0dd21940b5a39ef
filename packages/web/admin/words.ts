// The words of the admin page in the reader's language.

import type { AdminWords } from './words/en.ts'
import { de } from './words/de.ts'
import { en } from './words/en.ts'
import { useLanguage } from '../words/words.ts'

export function useAdminWords(): AdminWords {
  return useLanguage() === 'de' ? de : en
}
