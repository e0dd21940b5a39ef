// A page that was opened anew has the files of what it sent no more, and a file may go or change meanwhile: it says so, and takes them again.

import { useRef, useState } from 'react'
import { useDevice } from '../device.ts'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { CardLine } from './card-line.tsx'
import { FilePicker } from './file-picker.tsx'
import { type Given, giveAgain } from './given-here.ts'

export function ChooseAgain({ message, why = 'lost' }: { readonly message: Given; readonly why?: 'lost' | 'away' }) {
  const words = useWords().cards
  const device = useDevice()
  const picker = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState<string>()
  const [says, hint] = {
    lost: [words.lost, words.lostHint],
    away: [words.fileAway, words.fileAwayHint],
  }[why]
  const isFolder = message.media.some(({ folder = [] }) => folder.length > 0)
  return (
    <div className="card-again">
      <CardLine tone="warn" sign="changed" below={missing === undefined ? hint : words.notTheSame(missing)}>
        {says}
      </CardLine>
      <Button onClick={() => picker.current?.click()}>{words.chooseAgain}</Button>
      <FilePicker
        of={picker}
        isFolder={isFolder}
        onFiles={(chosen) => setMissing(giveAgain(device, message, chosen)[0]?.name)}
      />
    </div>
  )
}
