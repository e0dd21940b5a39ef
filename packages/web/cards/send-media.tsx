// What stands above the composer once files were dropped, pasted, chosen or recorded, until they are sent: what they are, the words that
// go with them, and how far the reading is once it was pressed.

import { type ReactNode, useEffect, useId, useState } from 'react'
import { Button, IconButton } from '../look/button.tsx'
import { Field, Switch, TextField } from '../look/field.tsx'
import { CloseIcon, LinkIcon, SendIcon } from '../look/icons.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { Sheet } from '../look/sheet.tsx'
import { toast } from '../look/toast.tsx'
import type { LinkStatus } from '../device-connection.ts'
import { useDevice } from '../device.ts'
import { LinkMade } from '../link/link-made.tsx'
import { nameOf } from '../screens/names.ts'
import { useMe } from '../screens/oneself.ts'
import { useFormats, useWords } from '../words/words.ts'
import { Attach, type Recorded } from './attach.tsx'
import { dateOf, type Written, wrongWith, type Wrong } from './given.ts'
import type { GivenFile } from './given-file.ts'
import { keptSheetsOf, placeOf } from './kept-sheets.ts'
import { KindIcon } from './media-rows.tsx'
import { PreviewPicture } from './preview-picture.tsx'
import { type Preview, usePreviews } from './previews.ts'
import { RecordClip } from './record-clip.tsx'
import { useSending } from './sending.ts'
import { useStayOpen } from './stay-open.ts'
import { useWakeLock } from './wake-lock.ts'
import './send-media.css'

export interface SendMediaProps {
  /** User addresses; the conversation's others. Nobody: it becomes a link, for whoever has it. */
  readonly to: readonly string[]
  readonly given: readonly GivenFile[]
  /** What stood in the composer. */
  readonly text: string
  /** It begins with a clip. */
  readonly record?: Recorded
  readonly onSent: () => void
  readonly onCancel: () => void
}

/** Rows shown; of a folder of thousands the rest is counted. */
const ROWS_MAX = 50

export function SendMedia({ to, given: begun, text, record, onSent, onCancel }: SendMediaProps) {
  const words = useWords()
  const formats = useFormats()
  const me = useMe()
  const device = useDevice()
  const place = placeOf(to)
  const [kept] = useState(() => keptSheetsOf(device).of(place))
  const [more, setMore] = useState<readonly GivenFile[]>([])
  const [out, setOut] = useState<ReadonlySet<GivenFile>>(new Set())
  const [fileTitles, setFileTitles] = useState<ReadonlyMap<GivenFile, string>>(kept?.fileTitles ?? new Map())
  const [recording, setRecording] = useState(record)
  // Dropped while it is open: they come through `given`.
  const [given, setGiven] = useState<readonly GivenFile[]>([])
  const all = [...begun, ...more].filter((one) => !out.has(one))
  if (all.length !== given.length || all.some((one, index) => one !== given[index])) setGiven(all)
  const [written, setWritten] = useState<Written>(
    kept?.written ?? { title: '', text, copyright: '', date: '', others: '' },
  )
  const previews = usePreviews(given)
  const { reading, wrong: failed, send, makeLink, stop } = useSending(place)
  const [made, setMade] = useState<LinkStatus>()
  const [opens, setOpens] = useState(kept?.opens ?? false)
  const isForLink = to.length === 0
  useWakeLock(reading !== undefined)
  useStayOpen(reading !== undefined)
  useEffect(() => {
    keptSheetsOf(device).keep(place, { given, fileTitles, written, opens })
  }, [device, place, given, fileTitles, written, opens])
  useEffect(() => keptSheetsOf(device).onSent(place, onSent))

  const date = written.date === '' && given[0] ? dateOf(given[0].file.lastModified) : written.date
  const wrong = wrongWith(given, written, [...fileTitles.values()])
  const sizeBytes = given.reduce((sum, { file }) => sum + file.size, 0)
  const several = given.length > 1
  const write = (change: Partial<Written>) => setWritten((before) => ({ ...before, ...change }))

  const whole = async () => ({
    to,
    given,
    fileTitles,
    previews: await previews.settled(),
    written: { ...written, date },
    opens: isForLink && opens,
  })
  const makeOne = async () => {
    if (wrong || reading) return
    const link = await makeLink(whole)
    if (!link) return
    keptSheetsOf(device).drop(place)
    setMade(link)
  }
  const press = async () => {
    if (wrong || reading) return
    if (isForLink) return await makeOne()
    const outcome = await send(whole)
    if (outcome === undefined) return
    toast({ text: outcome === 'accepted' ? words.cards.sentNow : words.cards.heldNow })
    // By now another sheet may stand there for it, or none.
    keptSheetsOf(device).sent(place)
  }
  const sheets = keptSheetsOf(device)
  const asItStands = { given, fileTitles, written, opens }
  const giveUp = () => {
    sheets.drop(place)
    onCancel()
    if (given.length > 0) toast({ text: words.cards.givenUp, undo: () => sheets.bringBack(place, asItStands) })
  }
  const bringClip = (file: File) => sheets.bringBack(place, { ...asItStands, given: [{ file, folder: [] }] })
  if (recording) {
    return (
      <RecordClip
        what={recording}
        onClip={(file) => {
          setMore((before) => [...before, { file, folder: [] }])
          setRecording(undefined)
        }}
        onCancel={(clip) => {
          if (given.length > 0) setRecording(undefined)
          else giveUp()
          if (clip) toast({ text: words.cards.clipDropped, undo: () => bringClip(clip) })
        }}
        onLeft={bringClip}
      />
    )
  }
  if (made) {
    return (
      <Sheet title={words.link.made} onClose={onSent}>
        <LinkMade made={made} fresh />
      </Sheet>
    )
  }
  return (
    <Sheet
      title={isForLink ? words.link.make : words.cards.sendTitle(to.map((address) => nameOf(address, me)))}
      onClose={() => {
        stop()
        giveUp()
      }}
    >
      <form
        className="send"
        onSubmit={(event) => {
          event.preventDefault()
          void press()
        }}
      >
        <ul className="send-files">
          {given.slice(0, ROWS_MAX).map((one, index) => (
            <FileRow
              key={`${one.file.name} ${one.file.lastModified} ${index}`}
              given={one}
              preview={previews.made.get(one)}
              title={several ? (fileTitles.get(one) ?? '') : undefined}
              locked={reading !== undefined}
              onTitle={(title) => setFileTitles((before) => new Map([...before, [one, title]]))}
              onRemove={() => {
                setOut((before) => new Set([...before, one]))
                if (!several) giveUp()
              }}
            />
          ))}
        </ul>
        {given.length > ROWS_MAX && <p className="quiet small">{words.cards.files(given.length)}</p>}
        {reading ? (
          <div className="send-reading">
            <ProgressLine
              share={reading.share}
              label={words.cards.sending}
              words={`${words.cards.sendingStep(reading.name || (given[0]?.file.name ?? ''))} · ${formats.percent(reading.share)}${leftSays(reading.leftMs)}`}
            />
            <p className="quiet small">{words.cards.sending}</p>
            <Button onClick={stop}>{words.cards.stopSending}</Button>
          </div>
        ) : (
          <>
            <Field
              label={words.cards.title}
              hint={words.cards.titleHint}
              value={written.title}
              onChange={(event) => write({ title: event.target.value })}
              wrong={sentence(wrong, 'title')}
            />
            <TextField
              label={words.cards.text}
              rows={2}
              value={written.text}
              onChange={(event) => write({ text: event.target.value })}
              wrong={sentence(wrong, 'text')}
            />
            <Others written={written} date={date} wrong={wrong} named={!isForLink} onWrite={write}>
              {isForLink && (
                <Switch label={words.link.opens} hint={words.link.opensSays} on={opens} onSwitch={setOpens} />
              )}
            </Others>
            {wrong?.kind === 'tooLong' && wrong.field === 'fileTitle' && (
              <p className="send-wrong" role="alert">
                {words.cards.tooLong(formats.number(wrong.most))}
              </p>
            )}
            {(wrong?.kind === 'tooMany' || wrong?.kind === 'nothing') && (
              <p className="send-wrong" role="alert">
                {wrong.kind === 'nothing' ? words.cards.nothing : words.cards.tooMany(formats.number(wrong.most))}
              </p>
            )}
            {failed !== undefined && (
              <p className="send-wrong" role="alert">
                {failed}
              </p>
            )}
            <div className="send-foot">
              <Attach
                label={words.look.add}
                onFiles={(files) => setMore((before) => [...before, ...files])}
                onRecord={setRecording}
              />
              {!isForLink && (
                <Button kind="quiet" disabled={wrong !== undefined} icon={<LinkIcon />} onClick={() => void makeOne()}>
                  {words.link.makeInstead}
                </Button>
              )}
              <Button
                kind="main"
                type="submit"
                disabled={wrong !== undefined}
                icon={isForLink ? <LinkIcon /> : <SendIcon />}
              >
                {isForLink ? words.link.make : words.cards.sendBytes(formats.size(sizeBytes))}
              </Button>
            </div>
          </>
        )}
      </form>
    </Sheet>
  )

  function leftSays(leftMs: number | undefined): string {
    return leftMs === undefined ? '' : ` · ${words.cards.left(formats.duration(leftMs))}`
  }

  function sentence(what: Wrong | undefined, field: 'title' | 'text'): string | undefined {
    return what?.kind === 'tooLong' && what.field === field ? words.cards.tooLong(formats.number(what.most)) : undefined
  }
}

/** What few people set: the date, whose it is, who else gets it. */
function Others({
  written,
  date,
  wrong,
  named,
  onWrite,
  children,
}: {
  readonly written: Written
  readonly date: string
  readonly wrong: Wrong | undefined
  /** It goes to people by name, and so may go to others too. */
  readonly named: boolean
  readonly onWrite: (change: Partial<Written>) => void
  readonly children?: ReactNode
}) {
  const { cards: words, link } = useWords()
  const formats = useFormats()
  const [open, setOpen] = useState(false)
  const id = useId()
  return (
    <div className="send-others">
      <button
        type="button"
        className="send-fold"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {named ? words.moreFields : link.moreFields}
      </button>
      <div id={id} className="send-more" hidden={!open}>
        <Field
          label={words.date}
          hint={words.dateHint}
          type="date"
          value={date}
          onChange={(event) => onWrite({ date: event.target.value })}
        />
        <Field
          label={words.copyrightField}
          value={written.copyright}
          onChange={(event) => onWrite({ copyright: event.target.value })}
          wrong={
            wrong?.kind === 'tooLong' && wrong.field === 'copyright'
              ? words.tooLong(formats.number(wrong.most))
              : undefined
          }
        />
        {named && (
          <Field
            label={words.others}
            hint={words.othersHint}
            value={written.others}
            literal
            onChange={(event) => onWrite({ others: event.target.value })}
            wrong={wrong?.kind === 'noAddress' ? words.othersWrong(wrong.written) : undefined}
          />
        )}
        {children}
      </div>
    </div>
  )
}

function FileRow({
  given,
  preview,
  title,
  locked,
  onTitle,
  onRemove,
}: {
  readonly given: GivenFile
  readonly preview: Preview | undefined
  /** Undefined where the message's own title is enough. */
  readonly title: string | undefined
  readonly locked: boolean
  readonly onTitle: (title: string) => void
  readonly onRemove: () => void
}) {
  const words = useWords().cards
  const formats = useFormats()
  const { file, folder } = given
  return (
    <li className="send-file">
      <span className="send-picture">{preview ? <PreviewPicture preview={preview} /> : <KindIcon media={file} />}</span>
      <span className="row-words">
        <bdi className="row-name">{file.name}</bdi>
        <span className="row-below">
          {formats.size(file.size)}
          {folder.length > 0 && <bdi className="row-folder">{folder.join(' / ')}</bdi>}
        </span>
        {title !== undefined && (
          <input
            className="send-title"
            aria-label={words.titleOf(file.name)}
            placeholder={words.title}
            value={title}
            dir="auto"
            disabled={locked}
            onChange={(event) => onTitle(event.target.value)}
          />
        )}
      </span>
      {!locked && (
        <IconButton name={words.removeOne(file.name)} onClick={onRemove}>
          <CloseIcon />
        </IconButton>
      )}
    </li>
  )
}
