// A link that was just made: as text, to share and as a picture to scan, and what whoever made it has to know.

import type { LinkStatus } from '../device-connection.ts'
import { useStayOpen } from '../cards/stay-open.ts'
import { Button } from '../look/button.tsx'
import { CopyButton } from '../screens/copy-button.tsx'
import { isOnlyHere } from '../screens/only-here.ts'
import { useNow } from '../screens/now.ts'
import { Qr } from '../screens/qr.tsx'
import { useFormats, useWords } from '../words/words.ts'
import '../screens/invite.css'
import './link-made.css'

/** `fresh`: it took the place of what was pressed. */
export function LinkMade({ made, fresh = false }: { readonly made: LinkStatus; readonly fresh?: boolean }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  useStayOpen(made.open && made.state !== 'fetched' && made.handed?.state !== 'gives')
  return (
    <div className="invite">
      <Qr text={made.link} name={words.link.qr} />
      <div className="invite-words">
        <p className="invite-link code" dir="ltr">
          {made.link}
        </p>
        {made.heldBack !== undefined && (
          <p className="small" lang="en">
            {made.heldBack}
          </p>
        )}
        <p className="quiet small">{words.link.madeSays(formats.when(made.expires, now))}</p>
        {isOnlyHere(made.link) && <p className="quiet small">{words.look.onlyHere}</p>}
        {made.opens && <p className="quiet small">{words.link.opensMade}</p>}
        <div className="part-buttons">
          <CopyButton text={made.link} name={words.link.copy} main focused={fresh} />
          {'share' in navigator && (
            <Button onClick={() => void navigator.share({ url: made.link }).catch(() => undefined)}>
              {words.link.share}
            </Button>
          )}
        </div>
      </div>
    </div>
  )
}
