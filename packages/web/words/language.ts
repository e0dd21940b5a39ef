// Which language the app speaks, and where its text begins. Pure.

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** Languages as they call themselves. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }

export function isLanguage(text: unknown): text is Language {
  return typeof text === 'string' && (LANGUAGES as readonly string[]).includes(text)
}

/** The first that the reader asked for (`navigator.languages`) and that there is; English else. */
export function pickLanguage(asked: readonly string[]): Language {
  for (const tag of asked) {
    const base = tag.toLowerCase().split('-')[0]
    if (isLanguage(base)) return base
  }
  return 'en'
}

/** The reader's own variant of the language for dates and numbers: `en-GB` where they said so, not `en`. */
export function localeOf(language: Language, asked: readonly string[]): string {
  return asked.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language
}

/** Languages of these write from right to left; none of the catalogue's does yet, people's own texts do. */
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur', 'ps', 'sd', 'ug', 'yi', 'dv', 'ckb'])

export function directionOf(locale: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(locale.toLowerCase().split('-')[0] ?? '') ? 'rtl' : 'ltr'
}
