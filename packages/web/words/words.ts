// The words of the screens, in the reader's language: `useWords()`. German comes when it is
// asked for; until it is here the words are English. The choice is this browser's own, kept in localStorage.

import { useSyncExternalStore } from 'react'
import type { Trouble, TroubleCode } from '../device-connection.ts'
import { en, type Words } from './en.ts'
import { formatsOf, type Formats } from './formats.ts'
import { browserMemory } from '../page-memory.ts'
import { directionOf, isLanguage, localeOf, pickLanguage, type Language } from './language.ts'

export type { Words } from './en.ts'

const KEPT_AS = 'doorpost-language'

interface Spoken {
  readonly language: Language
  readonly words: Words
  readonly formats: Formats
  /** Where the device's own sentences, which are English, are not the reader's. */
  readonly troubles?: Readonly<Record<TroubleCode, string>>
}

function createSpeech() {
  let spoken: Spoken = { language: 'en', words: en, formats: formatsOf('en') }
  const listeners = new Set<() => void>()
  return {
    now: () => spoken,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async speak(language: Language) {
      const other = language === 'en' ? undefined : await Promise.all([import('./de.ts'), import('./de/troubles.ts')])
      const words = other?.[0].de ?? en
      const locale = localeOf(language, navigator.languages)
      spoken = { language, words, formats: formatsOf(locale), ...(other && { troubles: other[1].troubles }) }
      document.documentElement.lang = language
      // `?dir=rtl` shows while developing how a screen stands from right to left.
      const asked = import.meta.env.DEV ? new URLSearchParams(location.search).get('dir') : null
      document.documentElement.dir = asked === 'rtl' ? 'rtl' : directionOf(language)
      for (const listener of listeners) listener()
    },
  }
}

const speech = createSpeech()

/** The catalogue: `useWords().look.back`. */
export function useWords(): Words {
  return useSyncExternalStore(speech.subscribe, speech.now).words
}

/** Dates, sizes, durations and numbers as the reader writes them. */
export function useFormats(): Formats {
  return useSyncExternalStore(speech.subscribe, speech.now).formats
}

export function useLanguage(): Language {
  return useSyncExternalStore(speech.subscribe, speech.now).language
}

/** What went wrong and what to do about it: the device's own sentence, or that of the reader's language. */
export function troubleText(error: unknown): string {
  const { code, message = '', todo } = (error ?? {}) as Partial<Trouble>
  const told = code === undefined ? undefined : speech.now().troubles?.[code]
  return told ?? [message, todo].filter((part) => part !== undefined && part !== '').join(' ')
}

/** At the start of the page: what was chosen here before, else what the browser is set to. */
export async function startWords(): Promise<void> {
  const kept = browserMemory.getItem(KEPT_AS)
  await speech.speak(isLanguage(kept) ? kept : pickLanguage(navigator.languages))
}

export async function chooseLanguage(language: Language): Promise<void> {
  browserMemory.setItem(KEPT_AS, language)
  await speech.speak(language)
}
