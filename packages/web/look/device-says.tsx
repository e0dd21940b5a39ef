// What the device says of something in its own words, which are English (peer/catalogue). On a screen in another language stands what that
// language's catalogue has for it, and the device's own sentence is a pointer away.

import { useLanguage } from '../words/words.ts'

export function DeviceSays({ says, otherwise }: { readonly says: string | undefined; readonly otherwise: string }) {
  const language = useLanguage()
  if (says === undefined) return otherwise
  return language === 'en' ? says : <span title={says}>{otherwise}</span>
}
