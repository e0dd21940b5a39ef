// What is fetched by itself: rules, who comes first, junk, how many requests.

import { Part } from '../page.tsx'
import { useWords } from '../../words/words.ts'
import { FetchRules } from './fetch-rules.tsx'
import { NumberWish } from './number-wish.tsx'
import { WhoList } from './who-list.tsx'
import { useWishes } from './wishes.ts'

/** Of protocol/preferences.ts. */
const REQUESTS_MAX = 1000

export function Fetching() {
  const { settings } = useWords()
  const { value, wrong, change } = useWishes()
  return (
    <>
      <FetchRules />
      <WhoList list="priority" title={settings.first} says={settings.firstSays} />
      <WhoList list="junk" title={settings.junk} says={settings.junkSays} />
      {value && (
        <Part>
          <NumberWish
            label={settings.requests}
            hint={settings.requestsHint}
            value={value.requestsPerDay}
            max={REQUESTS_MAX}
            wrong={wrong}
            onSave={(count) => change({ set: { requestsPerDay: Math.round(count) } })}
          />
        </Part>
      )}
    </>
  )
}
