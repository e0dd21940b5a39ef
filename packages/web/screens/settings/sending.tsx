// What becomes of what was sent, and putting all preferences back.

import { Button } from '../../look/button.tsx'
import { Choices } from '../../look/field.tsx'
import { toast } from '../../look/toast.tsx'
import { useWords } from '../../words/words.ts'
import { Part } from '../page.tsx'
import { NumberWish } from './number-wish.tsx'
import { restoring } from './restoring.ts'
import { useWishes } from './wishes.ts'

/** Of protocol/preferences.ts: 90 days. */
const REMIND_HOURS_MAX = 2160

export function Sending() {
  const { settings } = useWords()
  const { value, wrong, busy, change } = useWishes()
  if (!value) return null
  return (
    <>
      <Part>
        <Choices
          label={settings.whenFetched}
          value={value.sent.whenFetched}
          onChoose={(whenFetched) => change({ set: { sent: { whenFetched } } })}
          choices={[
            { value: 'keep', name: settings.keep },
            { value: 'archive', name: settings.archive, hint: settings.archiveHint },
            { value: 'delete', name: settings.delete, hint: settings.deleteHint },
          ]}
        />
      </Part>
      <Part>
        <NumberWish
          label={settings.remind}
          hint={settings.remindHint}
          value={value.sent.remindHours}
          max={REMIND_HOURS_MAX}
          wrong={wrong}
          onSave={(hours) => change({ set: { sent: { remindHours: Math.round(hours) } } })}
        />
      </Part>
      <Part>
        <div className="part-buttons">
          <Button
            disabled={busy}
            onClick={() =>
              void change({ reset: 'all' }).then((held) => {
                if (held) toast({ text: settings.resetDone, undo: () => void change(...restoring(value)) })
              })
            }
          >
            {settings.reset}
          </Button>
        </div>
      </Part>
    </>
  )
}
