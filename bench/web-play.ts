// From a tap on a film until its first picture stands there, and from a jump to its middle until that does: out of another tab and out of
// an agent on the same machine, films whose index comes first and films that have it at their end, none of it fetched before. Both tabs are
// in browsers that nobody drives any more (undriven.ts).

import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeWebFilm } from '../scenarios/film.ts'
import { openStage, type Stage } from '../scenarios/stage.ts'
import { buildApp } from '../scenarios/web/built-app.ts'
import { openWebPerson, type WebPerson } from '../scenarios/web/web-person.ts'
import { needs } from '../scripts/needs.ts'
import { medianOf, rowOf } from './plot.ts'
import { writeResults } from './results.ts'
import { type HeldPage, openUndriven } from './undriven.ts'
import { amountOf } from './web-size.ts'

/** A film, MiB. */
const SIZE_MIB = 2048
const ROUNDS = 3
/** A film that is being made ready to be sent, a large one on a busy machine, ms. */
const PATIENCE_MS = 180_000

interface Shown {
  readonly firstMs: number
  readonly seekMs: number
}

export async function measurePlaying(): Promise<void> {
  const { sizeBytes, rounds, counts, label } = amountOf(SIZE_MIB, ROUNDS)
  const ffmpeg = needs('ffmpeg')
  if (ffmpeg.missing !== undefined) {
    console.error(`play: not measured, ${ffmpeg.missing}`)
    return
  }
  await buildApp()
  await using stage = await openStage()
  await stage.server()
  const films = { 'index in front': join(stage.folder, 'front.mp4'), 'index at the end': join(stage.folder, 'end.mp4') }
  await makeWebFilm(films['index in front'], sizeBytes)
  const copying = ['-v', 'error', '-nostdin', '-i', films['index in front'], '-c', 'copy', films['index at the end']]
  await promisify(execFile)(ffmpeg.path, copying)
  for (const film of Object.values(films)) await settle(film)
  await using watcher = await openUndriven(join(stage.folder, 'profile-bob'))
  await using sender = await openUndriven(join(stage.folder, 'profile-tab'))
  const bob = await openWebPerson(watcher.browser, stage.origin, 'bob')
  const tab = await openWebPerson(sender.browser, stage.origin, 'tab')
  for (const one of [bob, tab]) one.context.setDefaultTimeout(PATIENCE_MS)
  await bob.context.addInitScript(helpLooking)
  await bob.open()
  await bob.signUp()
  await tab.open(await bob.invite())
  await tab.signUp()
  const agent = await openAgent(stage, bob)

  const titleOf = (round: number, index: string, from: string) => `Film ${round} ${index} ${from}`
  for (let round = 0; round < rounds; round++) {
    for (const [index, film] of Object.entries(films)) await sendFromTab(tab, film, titleOf(round, index, 'a tab'))
  }
  await Promise.all([sender.leave(), watcher.leave()])
  using page = await watcher.hold(stage.origin)
  const shown = new Map<string, Shown[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [index, film] of Object.entries(films)) {
      for (const from of ['a tab', 'an agent'] as const) {
        const title = titleOf(round, index, from)
        if (from === 'an agent') await agent.send(film, title)
        const times = await play(page, from === 'a tab' ? 'tab' : 'ann', title)
        const key = `${from}, ${index}`
        shown.set(key, [...(shown.get(key) ?? []), times])
        console.error(
          `play round ${round + 1}: ${key}: first picture ${Math.round(times.firstMs)} ms, jump ${Math.round(times.seekMs)} ms`,
        )
      }
    }
  }
  const rows = (pick: (times: Shown) => number) => [...shown].map(([key, all]) => rowOf(`from ${key}`, all.map(pick)))
  const verdicts = [...shown].map(([key, all]) => {
    const [first, seek] = [medianOf(all.map(({ firstMs }) => firstMs)), medianOf(all.map(({ seekMs }) => seekMs))]
    return `From ${key}: first picture after ${Math.round(first)} ms, after a jump to the middle ${Math.round(seek)} ms.`
  })
  for (const verdict of verdicts) console.error(verdict)
  if (!counts) return
  await writeResults(
    'web-play',
    [
      {
        title: `From the tap to the first picture, ${label}`,
        unit: 'ms',
        better: 'less',
        rows: rows((one) => one.firstMs),
      },
      {
        title: `From a jump to the middle to its picture, ${label}`,
        unit: 'ms',
        better: 'less',
        rows: rows((one) => one.seekMs),
      },
    ],
    [
      'Sender, server and watcher on one machine, whose cores they share; nothing of the film was fetched before. Chromium gathers no',
      'candidates on a machine with loopback alone, so that the film comes through the server. Both tabs are in browsers whose driver',
      'has gone: told of every body that a page carries, it takes several times the processor that the page does.',
      '',
      ...verdicts.map((verdict) => `- ${verdict}`),
    ],
  )
}

/** Writes it to the disk now, and not while somebody else wants something written. */
async function settle(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

/** Somebody with an agent who is this person's contact. */
async function openAgent(stage: Stage, bob: WebPerson): Promise<{ send(film: string, title: string): Promise<void> }> {
  const ann = await stage.join('ann')
  await ann.agent()
  const link = await bob.invite()
  await ann.json('contacts', 'add', link)
  const { domain } = stage
  return {
    async send(film, title) {
      await ann.json('send', '--to', `bob@${domain}`, '--title', title, film)
    },
  }
}

async function sendFromTab(tab: WebPerson, film: string, title: string): Promise<void> {
  await tab.openConversation('bob')
  await tab.send(film, { title })
  await tab.card(title).waitFor()
}

/** Taps Watch, jumps to the middle, and puts the fetch to rest. */
async function play(bob: HeldPage, from: string, title: string): Promise<Shown> {
  const patience = PATIENCE_MS
  const firstMs = await bob.run(tapWatch, { from, title, patience })
  const seekMs = await bob.run(jumpToMiddle)
  await bob.run(closeAndPause, { title, patience })
  return { firstMs, seekMs }
}

interface Tapped {
  readonly title: string
  readonly patience: number
}

declare global {
  /** In the page: the first of these there is, once there is one. */
  var seen: <T>(look: () => T | undefined, patience: number) => Promise<T>
  /** In the page: the card of this title, and a button on it. */
  var cardOf: (title: string) => Element | undefined
  var buttonOn: (title: string, name: string) => HTMLElement | undefined
}

/** Runs in the page before all else. */
function helpLooking(): void {
  globalThis.seen = async (look, patience) => {
    const until = performance.now() + patience
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (performance.now() > until) throw new Error(`not seen in ${patience} ms: ${look.toString()}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  globalThis.cardOf = (title) => {
    const titleOf = (card: Element) => document.getElementById(card.getAttribute('aria-labelledby') ?? '')?.textContent
    return [...document.querySelectorAll('[role=group]')].find((card) => titleOf(card) === title)
  }
  globalThis.buttonOn = (title, name) => {
    const buttons = [...(cardOf(title)?.querySelectorAll('button') ?? [])]
    return buttons.find(({ textContent }) => textContent.trim() === name)
  }
}

/** Runs in the page: from the tap to the first picture, ms. */
async function tapWatch({ from, title, patience }: Tapped & { readonly from: string }): Promise<number> {
  // The letters on their picture stand before their name.
  const called = new RegExp(`^[A-Z]*${from}`)
  const rows = () => [...document.querySelectorAll<HTMLElement>('.conversation-row')]
  const talk = () => rows().find(({ textContent }) => called.test(textContent))
  ;(await seen(talk, patience)).click()
  const watch = await seen(() => buttonOn(title, 'Watch'), patience)
  // What is drawn by then is drawn: only the film is waited for.
  await new Promise((resolve) => requestIdleCallback(resolve))
  const tapped = performance.now()
  watch.click()
  // As soon as it is there: a look every 20 ms would be too late for its first picture.
  const { promise: shown, resolve } = Promise.withResolvers<number>()
  const look = () => {
    const video = document.querySelector('video')
    if (video) video.requestVideoFrameCallback((shownMs) => resolve(shownMs - tapped))
    else setTimeout(look, 1)
  }
  look()
  return await shown
}

/** Runs in the page. */
async function closeAndPause({ title, patience }: Tapped): Promise<void> {
  const pause = () => buttonOn(title, 'Pause')
  const have = () => (cardOf(title)?.textContent.includes('You have it') === true ? true : undefined)
  // A small film may be here by now.
  await seen(() => have() ?? pause(), patience)
  pause()?.click()
  await seen(() => (pause() === undefined ? true : undefined), patience)
  location.hash = '#/'
  await seen(() => (document.querySelector('video') === null ? true : undefined), patience)
}

/** Runs in the page. */
function jumpToMiddle(): Promise<number> {
  const video = document.querySelector('video')
  if (!video) throw new Error('no film is shown')
  const began = performance.now()
  const middle = video.duration / 2
  return new Promise((resolve) => {
    const look = () =>
      video.requestVideoFrameCallback((shownMs, { mediaTime }) => {
        // Pictures of before are still on their way to the screen.
        if (mediaTime < middle - 2) look()
        else resolve(shownMs - began)
      })
    video.currentTime = middle
    look()
  })
}
