// Every state of the cards on one page, for whoever draws and tests them: `/cards/states.html` of the development server. It is in no
// build.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { DAY_MS } from '@doorpost/protocol/day'
import type { DeviceConnection, InboxEntry, Progress, SentStatus, TalkMessage } from '../device-connection.ts'
import { DeviceProvider } from '../device.ts'
import { Announcements } from '../look/announce.tsx'
import { Toasts } from '../look/toast.tsx'
import { createPretendDevice } from '../pretend-device.ts'
import { startWords } from '../words/words.ts'
import { MediaCard } from './media-card.tsx'
import { noteGiven } from './given-here.ts'
import { previewOfCanvas } from './make-preview.ts'
import type { Preview } from './previews.ts'
import { SendMedia } from './send-media.tsx'
import '../look/look.css'
import './states-page.css'

const ME = 'mia@post.example'
const MINUTE_MS = 60_000
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

type Media = InboxEntry['media'][number]
let made = 0
const media = (name: string, sizeBytes: number, type: string, more: Partial<Media> = {}): Media => ({
  name,
  sizeBytes,
  type,
  root: `${++made}`.padStart(43, 'r'),
  url: `doorpost:pretend/${name}`,
  verifiedBytes: 0,
  ...more,
})

function received(more: Partial<InboxEntry>): TalkMessage {
  made += 1
  const entry: InboxEntry = {
    id: `received-${made}`,
    from: 'ann@post.example',
    fromDevice: 'laptop',
    to: [ME],
    date: ago(4 * MINUTE_MS),
    sentAt: ago(4 * MINUTE_MS),
    receivedAt: ago(4 * MINUTE_MS),
    expires: ago(-20 * DAY_MS),
    media: [],
    state: 'announced',
    ...more,
  }
  const { state: _state, receivedAt: _received, sentAt, hidden: _hidden, gone: _gone, ...rest } = entry
  return { ...rest, conversation: 'c', mine: false, at: sentAt, entry }
}

function sent(
  media: readonly Media[],
  recipients: SentStatus['recipients'],
  more: Partial<SentStatus> = {},
): TalkMessage {
  made += 1
  const sizeBytes = media.reduce((sum, one) => sum + one.sizeBytes, 0)
  const status: SentStatus = {
    id: `sent-${made}`,
    title: 'Mia on the mountain',
    date: ago(50 * MINUTE_MS),
    expires: ago(-30 * DAY_MS),
    sizeBytes,
    uploadedBytes: 912_113_024,
    recipients,
    ...more,
  }
  return {
    id: status.id,
    conversation: 'c',
    from: ME,
    fromDevice: `${ME}/browser`,
    mine: true,
    to: recipients.map(({ address }) => address),
    at: status.date,
    date: status.date,
    ...(status.title !== undefined && { title: status.title }),
    media: [...media],
    sent: status,
  }
}

/** What a fetch of these messages tells, and that is all it does. */
const told = new Map<string, Progress>()

function fetching(entry: TalkMessage, more: Partial<Extract<Progress, { kind: 'fetching' }>>): TalkMessage {
  const sizeBytes = entry.media.reduce((sum, one) => sum + one.sizeBytes, 0)
  const doneBytes = entry.media.reduce((sum, one) => sum + (one.verifiedBytes ?? 0), 0)
  told.set(entry.id, {
    kind: 'fetching',
    name: entry.media[0]?.name ?? '',
    doneBytes,
    sizeBytes,
    allDoneBytes: doneBytes,
    allSizeBytes: sizeBytes,
    bytesPerSecond: 61_000_000,
    source: 'ann@post.example/laptop',
    path: 'direct',
    ...more,
  })
  return entry
}

function device(statuses: ReadonlyMap<string, SentStatus>): DeviceConnection {
  const pretend = createPretendDevice()
  const slow: DeviceConnection['do'] = async (name, args, options) => {
    if (name === 'get') {
      const progress = told.get((args as { what: string }).what)
      if (progress) options?.onProgress?.(progress)
      return await new Promise(() => undefined)
    }
    if (name === 'status') {
      const known = statuses.get((args as { id: string }).id)
      if (known) return known
    }
    return await pretend.do(name, args, options)
  }
  return { ...pretend, state: pretend.state, do: slow }
}

function States({ preview, tall }: { readonly preview: Preview | undefined; readonly tall: Preview | undefined }) {
  const picture = preview ? { preview } : {}
  const film = (more: Partial<Media> = {}) => media('wedding.mp4', 3_412_884_992, 'video/mp4', { ...picture, ...more })
  const who = (address: string, more: Partial<SentStatus['recipients'][number]>) => ({
    address,
    state: 'accepted' as const,
    fetchedAt: null,
    receipt: 'none' as const,
    ...more,
  })
  const part = { verifiedBytes: 1_296_000_000 }
  const title = 'The wedding, all of it'
  const serving = [
    { source: 'ann@post.example/laptop', path: 'direct' as const, bytesPerSecond: 41_000_000 },
    { source: 'bob@post.example/studio', path: 'webrtc' as const, bytesPerSecond: 14_000_000 },
    { source: 'crew@nordlicht.example/agent', path: 'tunnel' as const, bytesPerSecond: 6_000_000 },
  ]
  const groups: [string, TalkMessage[]][] = [
    [
      'offered',
      [
        received({
          title,
          text: 'Two hours, sorry. The speeches are at 41 minutes.',
          copyright: 'Ann',
          date: '2026-05-13',
          media: [film()],
        }),
        received({
          from: 'crew@nordlicht.example',
          title: 'Day 12, camera A',
          media: [media('A012_C004.mpg', 84_112_334_848, 'video/mpeg')],
        }),
        received({ media: [film()], endsAt: ago(-1.4 * DAY_MS), title }),
        received({ from: 'emil@post.example', title: 'Look at this', state: 'request', media: [film()] }),
      ],
    ],
    [
      'on its way',
      [
        received({
          title,
          state: 'scheduled',
          waitsFor: "ann's laptop is not on-line. It goes on by itself when it is back.",
          media: [film()],
        }),
        fetching(received({ title, state: 'fetching', media: [film(part)] }), {
          bytesPerSecond: 8_400_000,
          headBytes: 4e6,
          serving: serving.slice(0, 1),
        }),
        fetching(received({ title, state: 'fetching', media: [film(part)] }), {
          headBytes: part.verifiedBytes,
          serving,
          sources: 3,
        }),
        received({ title, media: [film(part)] }),
        received({ title, media: [film(part)], trouble: 'disk-full', waitsFor: 'The disk is full.' }),
        received({
          title,
          media: [film(part)],
          trouble: 'bad-pieces',
          waitsFor: 'What came is not what the sender signed, so none of it was taken.',
        }),
      ],
    ],
    [
      'over',
      [
        received({ title, state: 'ready', media: [film({ verifiedBytes: 3_412_884_992, path: '/kept/wedding.mp4' })] }),
        received({
          title: 'Harbour',
          from: 'dora@elsewhere.example',
          state: 'changed',
          media: [media('harbour.mov', 912_000_000, 'video/quicktime')],
        }),
        received({ title, state: 'refused', media: [film()] }),
        received({
          title: 'Old house',
          state: 'expired',
          gone: { reason: 'expired', at: ago(10 * DAY_MS) },
          media: [media('house.mkv', 12_400_000_000, 'video/matroska')],
        }),
        received({
          title: 'Old house',
          state: 'gone',
          gone: { reason: 'withdrawn', at: ago(2 * DAY_MS) },
          media: [media('house.mkv', 12_400_000_000, 'video/matroska')],
        }),
        received({
          title: 'Old house',
          state: 'gone',
          gone: { reason: 'deleted', at: ago(3 * DAY_MS) },
          media: [media('house.mkv', 12_400_000_000, 'video/matroska')],
        }),
      ],
    ],
    [
      'several',
      [
        received({
          title: 'Everything from Sunday',
          text: 'The long one is the film.',
          media: [
            film({ verifiedBytes: 3_412_884_992, path: '/kept/wedding.mp4' }),
            media(
              'A very long name of a picture that does not fit into one line of a card at all.jpg',
              4_812_300,
              'image/jpeg',
              { folder: ['Sunday', 'Garden'], verifiedBytes: 1_900_000 },
            ),
            media('Lied für Mia.flac', 41_228_800, 'audio/flac', { title: 'The song' }),
            media('script.pdf', 812_300, 'application/pdf'),
            media('archive.zip', 9_812_300, 'application/zip'),
            media('more.zip', 9_812_300, 'application/zip'),
          ],
        }),
        {
          ...received({ title: 'From my other device', from: ME, fromDevice: 'tower', hidden: 'own', media: [film()] }),
          mine: true,
        },
        received({
          title: 'One tall picture',
          state: 'ready',
          media: [media('me.jpg', 4_812_300, 'image/jpeg', { ...(tall && { preview: tall }), path: '/kept/me.jpg' })],
        }),
      ],
    ],
    [
      'sent',
      [
        sent(
          [film()],
          [
            who('ann@post.example', { state: 'fetched', fetchedAt: ago(12 * MINUTE_MS), receipt: 'verified' }),
            who('bob@post.example', { state: 'fetching', givenBytes: 1_467_000_000 }),
            who('dora@elsewhere.example', {}),
            who('emil@post.example', { state: 'announced' }),
            who('fay@post.example', { state: 'refused', refusedAt: ago(30 * MINUTE_MS) }),
          ],
        ),
        sent([film()], [who('ann@post.example', { state: 'fetching' })], { uploadedBytes: 0 }),
        sent(
          [film()],
          [
            who('ann@post.example', { state: 'fetched', fetchedAt: ago(12 * MINUTE_MS), receipt: 'verified' }),
            who('bob@post.example', { state: 'fetched', fetchedAt: ago(2 * DAY_MS), receipt: 'verified' }),
            who('dora@elsewhere.example', { state: 'fetched', fetchedAt: ago(3 * DAY_MS), receipt: 'verified' }),
          ],
        ),
        ...(
          [
            { state: 'taken', givenBytes: 1_467_000_000 },
            { state: 'taken', givenBytes: 1_467_000_000, quietSince: ago(4 * MINUTE_MS) },
            { state: 'has' },
            { state: 'refused', detail: 'The disk is full.' },
          ] as const
        ).map((handed) =>
          sent([film()], [who('ann@post.example', { state: 'announced' })], {
            handed: { device: 'tower', at: ago(MINUTE_MS), ...handed },
          }),
        ),
        sent([film()], [who('ann@post.example', { state: 'expired' }), who('bob@post.example', { state: 'expired' })], {
          gone: { reason: 'expired', at: ago(2 * DAY_MS) },
        }),
        sent([film()], [who('ann@post.example', { state: 'waiting' })], {
          heldBack: 'The server cannot be reached.',
          uploadedBytes: 0,
        }),
      ],
    ],
  ]
  const statuses = new Map(groups.flatMap(([, all]) => all.flatMap(({ sent: one }) => (one ? [[one.id, one]] : []))))
  const shown = device(statuses)
  // All but the last: its page was opened anew.
  for (const id of [...statuses.keys()].slice(0, -1)) noteGiven(shown, id)
  return (
    <DeviceProvider value={shown}>
      <main className="states">
        {groups.map(([name, all]) => (
          <section key={name}>
            <h1>{name}</h1>
            <h2 className="unseen">{name}</h2>
            <div className="states-cards">
              {all.map((message) => (
                <MediaCard key={message.id} message={message} />
              ))}
            </div>
          </section>
        ))}
        <section>
          <Compose />
        </section>
      </main>
      <Toasts />
      <Announcements />
    </DeviceProvider>
  )
}

const files = ['harbour.txt', 'notes about the harbour and everything around it.txt'].map((name) => ({
  file: new File(['x'.repeat(81_234)], name, { type: 'text/plain', lastModified: Date.parse('2026-05-13') }),
  folder: name === 'harbour.txt' ? [] : ['Sunday', 'Garden'],
}))

function Compose() {
  return (
    <div className="states-compose">
      <SendMedia
        to={['ann@post.example', 'bob@post.example']}
        given={files}
        text=""
        onSent={() => undefined}
        onCancel={() => undefined}
      />
    </div>
  )
}

/** A hill under a sky. */
function drawn(width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser draws nothing.')
  const sky = context.createLinearGradient(0, 0, 0, height)
  sky.addColorStop(0, '#3a5f8f')
  sky.addColorStop(0.6, '#e7b98a')
  context.fillStyle = sky
  context.fillRect(0, 0, width, height)
  context.fillStyle = '#f6e7c8'
  context.beginPath()
  context.arc(width * 0.7, height * 0.5, height * 0.09, 0, 7)
  context.fill()
  context.fillStyle = '#26384a'
  context.beginPath()
  context.moveTo(0, height)
  context.lineTo(0, height * 0.75)
  context.quadraticCurveTo(width * 0.35, height * 0.4, width * 0.62, height * 0.78)
  context.quadraticCurveTo(width * 0.8, height * 0.66, width, height * 0.8)
  context.lineTo(width, height)
  context.fill()
  return canvas
}

const place = document.getElementById('app')
if (!place) throw new Error('The page has no place for the app.')
await startWords()
const picture = await previewOfCanvas(drawn(1280, 720), 7382)
const tall = await previewOfCanvas(drawn(720, 1280), undefined)
createRoot(place).render(
  <StrictMode>
    <States preview={picture} tall={tall} />
  </StrictMode>,
)
