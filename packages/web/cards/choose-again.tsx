// A page that was opened anew has the files of what it sent no more: it says so, and takes them again.

import { useRef, useState } from 'react'
import { useDevice } from '../device.ts'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { CardLine } from './card-line.tsx'
import { FilePicker } from './file-picker.tsx'
import { type Given, giveAgain } from './given-here.ts'

export function ChooseAgain({ message }: { readonly message: Given }) {
  const words = useWords().cards
  const device = useDevice()
  const picker = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState<string>()
  const isFolder = message.media.some(({ folder = [] }) => folder.length > 0)
  return (
    <div className="card-again">
      <CardLine tone="warn" sign="changed" below={missing === undefined ? words.lostHint : words.notTheSame(missing)}>
        {words.lost}
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
