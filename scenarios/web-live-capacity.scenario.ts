// A server with room for the pictures of two viewers, in browsers: the third is told why it waits, gets stills when there is room for those, and
// pictures when the second leaves. Who shows and who watches can read how much is used.

import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openStage, type Stage } from './stage.ts'
import { openAxe } from './web/axe.ts'
import { buildApp } from './web/built-app.ts'
import { openChromium } from './web/chromium.ts'
import { countedCameraArgs, writeCountedCamera } from './web/counted-camera.ts'
import { findsNoWay } from './web/no-way.ts'
import { keepPictures, LOOKS, wear } from './web/screens.ts'
import { seenBy, watchPictures } from './web/seen-pictures.ts'
import { openWebPerson, type WebPerson } from './web/web-person.ts'

const chromium = needs('chromium')
/** Comes to 54 kB of pictures a second and 6 of sound, or 30 of stills and 6 of sound. */
const CAMERA = { width: 640, height: 360, framesPerSecond: 15, frames: 90 }
/** Twice pictures and once stills: 156 kB. Three times pictures: 180. */
const ROOM_FOR_TWO = 165_000
/** A machine may have much else to do. */
const PATIENT = { timeout: 60_000 }
const NO_ROOM = 'There is no room on the server now. Pictures begin as soon as there is.'

describe.skipIf(chromium.missing)(`web-live-capacity ${chromium.missing ?? ''}`, () => {
  const stack = new AsyncDisposableStack()
  let stage: Stage
  let [alice, bob, carol, dave] = [] as unknown as [WebPerson, WebPerson, WebPerson, WebPerson]

  beforeAll(async () => {
    await buildApp()
    stage = stack.use(await openStage())
    const policy = join(stage.folder, 'policy.json')
    await writeFile(policy, JSON.stringify({ live: { bytesPerSecond: ROOM_FOR_TWO } }))
    await stage.server('--policy', policy)
    const camera = join(stage.folder, 'camera.y4m')
    await writeCountedCamera(camera, CAMERA)
    const browser = await openChromium({ args: countedCameraArgs(camera) })
    stack.defer(() => browser.close())
    const open = async (name: string) => {
      const options = { permissions: ['camera', 'microphone'] }
      const person = stack.use(await openWebPerson(browser, stage.origin, name, options))
      // One that is on its peer-to-peer connection would need no room.
      await findsNoWay(person.context)
      return person
    }
    ;[alice, bob, carol, dave] = [await open('alice'), await open('bob'), await open('carol'), await open('dave')]
    await alice.open()
    await alice.signUp()
    for (const viewer of [bob, carol, dave]) {
      await viewer.open(await alice.invite())
      await watchPictures(viewer.page)
      await viewer.signUp()
      await viewer.openConversation('alice')
    }
    // What reads the pictures comes with a page.
    for (const { page } of [bob, dave]) await page.reload()
    await alice.openConversation('bob')
  })
  afterAll(() => stack.disposeAsync())

  const status = (who: WebPerson, text: string) => who.page.locator('figcaption').getByText(text, { exact: true })
  const capacity = (who: WebPerson) => who.page.getByText(/^The server passes .* of at most 165\skB a second/).first()

  async function asksAndIsLetIn(viewer: WebPerson): Promise<void> {
    await viewer.button('Show something').click()
    await viewer.button('Ask to see what alice shows').click()
    await alice.page.getByText(`${viewer.name} asks to watch.`).waitFor()
    await alice.button('Let in').click()
  }

  async function passesAxe({ page }: WebPerson): Promise<void> {
    const axe = await openAxe(page)
    for (const one of LOOKS) {
      await wear(page, one)
      expect(await axe()).toEqual([])
    }
    await wear(page, LOOKS[0])
  }

  test('[LVW20] [AUE5] the third viewer is told that there is no room, as is who shows; both can read how much is used', async () => {
    await alice.button('Show something').click()
    await alice.button('Camera').click()
    // By a remote: the button goes, and the keys stay with the pictures.
    await bob.button('Watch alice').press('Enter')
    await status(bob, 'Through the server').waitFor()
    await expect
      .poll(() => bob.page.evaluate(() => document.activeElement?.matches('.live button') ?? false), PATIENT)
      .toBe(true)
    await asksAndIsLetIn(carol)
    await status(carol, 'Through the server').waitFor()
    await asksAndIsLetIn(dave)
    await Promise.all([
      status(dave, NO_ROOM).waitFor(),
      alice.page.getByRole('listitem').getByText('waits for room on the server').waitFor(),
    ])
    await keepPictures(dave, 'live-waits')
    await keepPictures(alice, 'live-waits-shown')
    await alice.page.getByText('2 people watch').waitFor()
    for (const one of [alice, bob, dave]) {
      await one.page.locator('.live').getByText('Details').first().click()
      await capacity(one).waitFor()
    }
    expect((await seenBy(bob.page)).length).toBeGreaterThan(0)
  })

  test('[LVW20] after 10 s there are stills, for which there is room', async () => {
    await status(dave, 'Stills for now: the server has no room for moving pictures').waitFor()
    await alice.page.getByRole('listitem').getByText('stills', { exact: true }).waitFor()
    await expect.poll(async () => (await seenBy(dave.page)).length, PATIENT).toBeGreaterThan(0)
    await keepPictures(dave, 'live-stills')
    await keepPictures(alice, 'live-stills-shown')
    await passesAxe(dave)
    await passesAxe(alice)
  })

  test('[LVW20] when the second leaves the third gets moving pictures', async () => {
    await carol.button('Stop watching').click()
    await status(dave, 'Through the server').waitFor()
    const before = (await seenBy(dave.page)).length
    await expect.poll(async () => (await seenBy(dave.page)).length, PATIENT).toBeGreaterThan(before + 30)
    await status(bob, 'Through the server').waitFor()
    expect([alice, bob, carol, dave].flatMap(({ faults }) => faults.all())).toEqual([])
  })
})
