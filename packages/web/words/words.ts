// The words of the screens, in the reader's language: `useWords()` in components, `wordsNow()` elsewhere. German comes when it is
// asked for; until it is here the words are English. The choice is this browser's own, kept in localStorage.

import { useSyncExternalStore } from 'react'
import { en, type Words } from './en.ts'
import { formatsOf, type Formats } from './formats.ts'
import { directionOf, isLanguage, localeOf, pickLanguage, type Language } from './language.ts'

export type { Words } from './en.ts'

const KEPT_AS = 'doorpost-language'

interface Spoken {
  readonly language: Language
  readonly words: Words
  readonly formats: Formats
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
      const words = language === 'en' ? en : (await import('./de.ts')).de
      const locale = localeOf(language, navigator.languages)
      spoken = { language, words, formats: formatsOf(locale) }
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

/** The same outside of components, at this moment. */
export function wordsNow(): Words {
  return speech.now().words
}

/** At the start of the page: what was chosen here before, else what the browser is set to. */
export async function startWords(): Promise<void> {
  const kept = localStorage.getItem(KEPT_AS)
  await speech.speak(isLanguage(kept) ? kept : pickLanguage(navigator.languages))
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT_AS, language)
  await speech.speak(language)
}
