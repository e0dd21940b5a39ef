// What happened to live pictures that nobody did here: told as a line that goes by itself. A recording is offered where it was made.

import { useCallback } from 'react'
import { toast } from '../look/toast.tsx'
import { nameOf } from '../screens/names.ts'
import { useMe } from '../screens/oneself.ts'
import { troubleText, useWords, type Words } from '../words/words.ts'
import { useLiveNews } from './live.ts'
import type { LiveNews } from './live-room.ts'
import { refusalText } from './refusal.ts'
import { endText } from './standing.ts'

export function LiveNewsLines() {
  const words = useWords().live
  const me = useMe()
  useLiveNews(
    useCallback(
      (news: LiveNews) => {
        const text = newsText(words, news, (user) => nameOf(user, me))
        if (text !== undefined) toast({ text })
      },
      [words, me],
    ),
  )
  return null
}

function newsText(words: Words['live'], news: LiveNews, named: (user: string) => string): string | undefined {
  switch (news.news) {
    case 'refused':
      return refusalText(words, news.why)
    case 'show-ended':
      return words.endedShow
    case 'watch-ended':
      return endText(words, news.reason, named(news.user))
    case 'trouble':
      return troubleText(news.trouble)
    case 'recorded':
      return words.recorded
    case 'recorded-nothing':
      return words.recordedNothing
  }
}
