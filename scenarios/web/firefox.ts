// Firefox as these stories drive it: the system's own, without a window, by WebDriver BiDi (W3C), of which this is the little that they need.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Longest that a screen is waited for, ms: another process and a busy machine stand in between. */
const PATIENCE_MS = 60_000

/** A camera and a microphone that are pretended, given to pages without asking; a folder that downloads go to without asking. */
const preferences = (downloads: string): string =>
  Object.entries({
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'browser.download.folderList': 2,
    'browser.download.dir': downloads,
  })
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('')

export interface FoxTab {
  open(url: string): Promise<void>
  /** What an expression gives in the page, once it is neither false nor nothing. */
  until(expression: string): Promise<unknown>
  /** What reads so is there and seen. */
  untilText(text: string): Promise<void>
  /** Presses a button or link by its name, or by how that begins. */
  press(name: string | RegExp): Promise<void>
  /** Types into what a selector finds. */
  type(selector: string, text: string): Promise<void>
  /** Gives files to a file field. */
  choose(selector: string, files: readonly string[]): Promise<void>
  reload(): Promise<void>
  /** In front of all other tabs: a tab is hidden once another is opened. */
  toFront(): Promise<void>
  /** Where the file lies that was downloaded next, by any tab. */
  downloaded(): Promise<string>
}

export interface Firefox extends AsyncDisposable {
  /** A tab with storage of its own: another person. */
  newPerson(): Promise<FoxTab>
  /** Errors that pages logged, breaches of their policy among them. */
  errors(): readonly string[]
}

export async function openFirefox(program: string): Promise<Firefox> {
  const profile = await mkdtemp(join(tmpdir(), 'doorpost-firefox-'))
  await writeFile(join(profile, 'user.js'), preferences(profile))
  const child = spawn(program, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile },
  })
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill()
      await once(child, 'close')
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const bidi = await connect(`${await addressOf(child)}/session`)
    await bidi.send('session.new', { capabilities: {} })
    const errors: string[] = []
    const downloads = createDownloads()
    bidi.onEvent = (method, told) => {
      if (method === 'log.entryAdded' && told['level'] === 'error') errors.push(String(told['text']))
      if (method === 'browsingContext.downloadEnd') downloads.ended(told)
    }
    await bidi.send('session.subscribe', { events: ['log.entryAdded', 'browsingContext.downloadEnd'] })
    return {
      newPerson: () => newTab(bidi, downloads.next),
      errors: () => [...errors],
      async [Symbol.asyncDispose]() {
        bidi.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** It says where it listens once it does. */
async function addressOf(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const chunk of child.stderr ?? []) {
    said += String(chunk)
    const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(said) ?? []
    if (address === undefined) continue
    child.stderr?.resume()
    return address
  }
  throw new Error(`Firefox ended: ${said}`)
}

/** Downloads in the order in which they ended, each for who asks next. */
function createDownloads() {
  const files: Promise<string>[] = []
  const waiting: ((file: Promise<string>) => void)[] = []
  return {
    ended({ status, filepath }: Answer) {
      const file =
        status === 'complete'
          ? Promise.resolve(String(filepath))
          : Promise.reject(new Error(`a download ended: ${String(status)}`))
      const asked = waiting.shift()
      if (asked) asked(file)
      else files.push(file)
    },
    async next(): Promise<string> {
      return await (files.shift() ?? new Promise<string>((resolve) => waiting.push(resolve)))
    },
  }
}

type Answer = Readonly<Record<string, unknown>>

interface Bidi {
  send(method: string, params: Answer): Promise<Answer>
  onEvent: (method: string, params: Answer) => void
  close(): void
}

async function connect(address: string): Promise<Bidi> {
  const socket = new WebSocket(address)
  await once(socket, 'open')
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let asked = 0
  const bidi: Bidi = {
    onEvent: () => {},
    send(method, params) {
      const id = ++asked
      const answer = Promise.withResolvers<Answer>()
      waiting.set(id, answer)
      socket.send(JSON.stringify({ id, method, params }))
      return answer.promise
    },
    close: () => socket.close(),
  }
  socket.addEventListener('message', ({ data }) => {
    const told = JSON.parse(String(data)) as Answer
    if (told['type'] === 'event') return bidi.onEvent(String(told['method']), told['params'] as Answer)
    const answer = waiting.get(Number(told['id']))
    waiting.delete(Number(told['id']))
    if (told['type'] === 'error') answer?.reject(new Error(`${String(told['error'])}: ${String(told['message'])}`))
    else answer?.resolve(told['result'] as Answer)
  })
  return bidi
}

/** In the page: what is seen and can be pressed, by its name. */
const PRESSED = `(name, flags) => [...document.querySelectorAll('button, a[href]')].find((one) => {
  const called = (one.getAttribute('aria-label') ?? one.textContent).trim()
  return one.checkVisibility() && (flags === undefined ? called === name : new RegExp(name, flags).test(called))
})`

async function newTab(bidi: Bidi, downloaded: () => Promise<string>): Promise<FoxTab> {
  const { userContext } = await bidi.send('browser.createUserContext', {})
  const { context } = await bidi.send('browsingContext.create', { type: 'tab', userContext })
  const evaluate = async (expression: string): Promise<Answer> => {
    const told = await bidi.send('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
      userActivation: true,
    })
    if (told['type'] !== 'exception') return told['result'] as Answer
    throw new Error(`${String((told['exceptionDetails'] as Answer)['text'])} in ${expression}`)
  }
  const until = (expression: string) =>
    evaluate(`new Promise((resolve, reject) => {
      const giveUpAt = Date.now() + ${PATIENCE_MS}
      const look = () => {
        const found = ${expression}
        if (found) resolve(found)
        else if (Date.now() < giveUpAt) setTimeout(look, 50)
        else reject(new Error('waited in vain; the page says: ' + document.body.innerText.slice(0, 600)))
      }
      look()
    })`)
  return {
    async open(url) {
      await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    async reload() {
      await bidi.send('browsingContext.reload', { context, wait: 'complete' })
    },
    async toFront() {
      await bidi.send('browsingContext.activate', { context })
    },
    downloaded,
    until: async (expression) => (await until(expression))['value'],
    async untilText(text) {
      await until(`document.body.innerText.includes(${JSON.stringify(text)})`)
    },
    async press(name) {
      const [text, flags] = typeof name === 'string' ? [name, undefined] : [name.source, name.flags]
      const found = `(${PRESSED})(${JSON.stringify(text)}, ${JSON.stringify(flags)})`
      // In one look: what stands there now may be drawn anew before the next.
      await until(`((one) => one && !one.disabled && one.ariaDisabled !== 'true' && (one.click(), true))(${found})`)
    },
    async type(selector, text) {
      const found = `document.querySelector(${JSON.stringify(selector)})`
      await until(found)
      await evaluate(`${found}.focus()`)
      const strokes = Array.from(text).flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ])
      await bidi.send('input.performActions', { context, actions: [{ type: 'key', id: 'keys', actions: strokes }] })
    },
    async choose(selector, files) {
      const { sharedId } = await until(`document.querySelector(${JSON.stringify(selector)})`)
      await bidi.send('input.setFiles', { context, element: { sharedId }, files })
    },
  }
}
