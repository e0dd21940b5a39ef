// WebKit as these stories drive it: WebKitGTK, the engine of Safari, in a window on a display that nobody sees, by W3C WebDriver, of which
// this is the little that they need.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../scripts/free-port.ts'

/** Longest that a screen is waited for, ms: another process and a busy machine stand in between. */
const PATIENCE_MS = 60_000
/** Between two looks at what is waited for outside the page, ms. */
const LOOK_MS = 100
const WINDOW = fileURLToPath(new URL('webkit-window.py', import.meta.url))
/** WebKit does not know this part of the page's policy, and says so of every page; it holds the others. */
const UNKNOWN_HERE = "directive 'manifest-src'"
/** How WebDriver says "this element" (section 12.1). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

export interface WebKitTab extends AsyncDisposable {
  open(url: string): Promise<void>
  reload(): Promise<void>
  /** What an expression gives in the page, once it is neither false nor nothing. */
  until(expression: string): Promise<unknown>
  /** What reads so is there and seen. */
  untilText(text: string): Promise<void>
  /** Presses a button or link by its name, or by how that begins; of a card with this title, where there are several. */
  press(name: string | RegExp, card?: string): Promise<void>
  /** Types into what a selector finds. */
  type(selector: string, text: string): Promise<void>
  /** Gives files to a file field. */
  choose(selector: string, files: readonly string[]): Promise<void>
  resize(width: number, height: number): Promise<void>
  /** Writes a picture of what is seen. */
  picture(file: string): Promise<void>
  /** Where the file lies that was downloaded next. */
  downloaded(): Promise<string>
  /** Errors that the page logged, breaches of its policy among them. */
  errors(): readonly string[]
}

/** One window with storage of its own; `driver` and `display` are the programs. */
export async function openWebKit({
  driver,
  display,
  env = {},
}: {
  readonly driver: string
  readonly display: string
  readonly env?: Readonly<Record<string, string>>
}): Promise<WebKitTab> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-webkit-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  await mkdir(join(folder, 'downloads'))
  const screen = spawn(display, ['-displayfd', '1', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  stack.defer(() => endOf(screen))
  const [number] = (await once(screen.stdout, 'data')) as [Buffer]
  const port = await freePort()
  const child = spawn(driver, [`--port=${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...{ DISPLAY: `:${String(number).trim()}`, HOME: folder, GSETTINGS_BACKEND: 'memory', NO_AT_BRIDGE: '1' },
      // Nobody's window manager, message bus or graphics card is asked.
      ...{ GDK_BACKEND: 'x11', DBUS_SESSION_BUS_ADDRESS: 'disabled:', LIBGL_ALWAYS_SOFTWARE: '1' },
      ...env,
    },
  })
  stack.defer(() => endOf(child))
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => said.push(line))
  }

  const at = `http://127.0.0.1:${port}`
  await until('WebKitWebDriver', async () => (await fetch(`${at}/status`).catch(() => undefined))?.ok)
  const { sessionId } = (await command(`${at}/session`, {
    capabilities: {
      alwaysMatch: {
        timeouts: { script: PATIENCE_MS * 2 },
        'webkitgtk:browserOptions': { binary: '/usr/bin/python3', args: [WINDOW, folder] },
      },
    },
  })) as { sessionId: string }
  const session = `${at}/session/${sessionId}`
  stack.defer(async () => void (await fetch(session, { method: 'DELETE' }).catch(() => {})))

  async function look(expression: string): Promise<unknown> {
    const told = await command(`${session}/execute/async`, {
      script: `const done = arguments[0]
      const giveUpAt = Date.now() + ${PATIENCE_MS}
      const look = () => {
        const found = ${expression}
        if (found) done({ found })
        else if (Date.now() < giveUpAt) setTimeout(look, 50)
        else done({ text: document.body.innerText.slice(0, 600) })
      }
      look()`,
      args: [],
    })
    const { found, text } = told as { found?: unknown; text?: string }
    if (found === undefined) throw new Error(`waited in vain for ${expression}; the page says: ${text}`)
    return found
  }
  const element = async (expression: string) => {
    const found = (await look(expression)) as Record<string, string>
    return `${session}/element/${found[ELEMENT]}`
  }
  let told = 0
  const open = stack.move()
  return {
    async open(url) {
      await command(`${session}/url`, { url })
    },
    async reload() {
      await command(`${session}/refresh`, {})
    },
    until: look,
    async untilText(text) {
      await look(`document.body.innerText.includes(${JSON.stringify(text)})`)
    },
    async press(name, card) {
      const [text, flags] = typeof name === 'string' ? [name, undefined] : [name.source, name.flags]
      const found = `(${PRESSED})(${JSON.stringify(text)}, ${JSON.stringify(flags)}, ${JSON.stringify(card)})`
      const standing = `(${STANDS})(${found})`
      // What moves under the pointer is not met: a page that changes size scrolls, and WebDriver presses where it stood before.
      for (const giveUpAt = Date.now() + PATIENCE_MS; Date.now() < giveUpAt; ) {
        await command(`${await element(standing)}/click`, {})
        if ((await look(MET)) === 'met') return
      }
      throw new Error(`${String(name)} was never met`)
    },
    async type(selector, text) {
      await command(`${await element(`document.querySelector(${JSON.stringify(selector)})`)}/value`, { text })
    },
    async choose(selector, files) {
      const field = await element(`document.querySelector(${JSON.stringify(selector)})`)
      await command(`${field}/value`, { text: files.join('\n') })
    },
    async resize(width, height) {
      await command(`${session}/window/rect`, { width, height })
    },
    async picture(file) {
      const answer = await fetch(`${session}/screenshot`)
      const { value } = (await answer.json()) as { value: string }
      await writeFile(file, Buffer.from(value, 'base64'))
    },
    async downloaded() {
      const line = await until('a download', async () => {
        const lines = said.filter((one) => /^download(ed| failed)/.test(one))
        return lines.at(told)
      })
      told++
      if (line.startsWith('download failed')) throw new Error(line)
      return fileURLToPath(line.slice('downloaded '.length))
    },
    errors: () => said.filter((line) => /^CONSOLE \S+ ERROR/.test(line) && !line.includes(UNKNOWN_HERE)),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; Date.now() < giveUpAt; ) {
    const answer = await ask()
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`waited in vain for ${what}`)
}

async function command(url: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null }
  if (value?.error !== undefined) throw new Error(`${value.error}: ${value.message} at ${url.replace(/.*session/, '')}`)
  return value
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'close')
}

/** In the page: what is seen and can be pressed, by its name. */
const PRESSED = `(name, flags, card) => [...document.querySelectorAll('button, a[href]')].find((one) => {
  const called = (one.getAttribute('aria-label') ?? one.textContent).trim()
  if (card && !one.closest('.card')?.innerText.includes(card)) return false
  return one.checkVisibility() && (flags === undefined ? called === name : new RegExp(name, flags).test(called))
})`

/** In the page: gives it back once it can be pressed and has stood still in sight for three frames; then it is noted what is pressed. */
const STANDS = `(one) => {
  if (!one || one.disabled || one.ariaDisabled === 'true') return false
  one.scrollIntoView({ block: 'nearest' })
  const { top, left } = one.getBoundingClientRect()
  const at = [top, left].join()
  const before = globalThis.stood
  if (before?.one !== one || before.at !== at) {
    const stood = { one, at, frames: 0 }
    globalThis.stood = stood
    const count = () => {
      stood.frames++
      if (globalThis.stood === stood) requestAnimationFrame(count)
    }
    requestAnimationFrame(count)
    return false
  }
  if (before.frames < 3) return false
  delete globalThis.stood
  const press = { met: false }
  globalThis.press = press
  const note = (event) => (press.met = event.composedPath().includes(one))
  document.addEventListener('click', note, { capture: true, once: true })
  return one
}`
/** In the page: whether it met; one that led to another page has. */
const MET = `globalThis.press?.met === false ? 'missed' : 'met'`
