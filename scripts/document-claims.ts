// Finds what a Markdown document claims exists: npm scripts, doorpost commands, repository paths, links. Pure: text in, claims out.
// Whether they exist is check-documents.ts's business.

export type Claim =
  | { readonly kind: 'npm-script'; readonly line: number; readonly name: string; readonly args: readonly string[] }
  | { readonly kind: 'doorpost'; readonly line: number; readonly words: readonly string[] }
  | { readonly kind: 'path'; readonly line: number; readonly path: string }
  | { readonly kind: 'link'; readonly line: number; readonly target: string }

/** Fenced blocks whose lines are commands. */
const SHELL_FENCES = new Set(['sh', 'bash', 'shell', 'console'])

/** File endings which, in backquotes, name a file of this repository. */
const FILE_ENDING = /\.(ts|tsx|cjs|mjs|md|json|service|yml|css|html)$/

/** Words that could be a path: no spaces, no placeholders, no URL. */
const PATH_WORD = /^\.?[A-Za-z0-9_@*-][A-Za-z0-9_@.*/-]*$/

const LINK = /\[[^\]]*\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g
const CODE_SPAN = /`([^`]+)`/g

/** The claims of one document in the order they stand. */
export function readClaims(markdown: string): Claim[] {
  const claims: Claim[] = []
  let fence: string | undefined
  let pending = ''
  for (const [index, text] of markdown.split('\n').entries()) {
    const line = index + 1
    const fenceMark = /^\s*```\s*(\S*)/.exec(text)
    if (fenceMark !== null) {
      fence = fence === undefined ? (fenceMark[1] ?? '') : undefined
      continue
    }
    if (fence !== undefined) {
      if (!SHELL_FENCES.has(fence)) continue
      const whole = `${pending}${text}`
      pending = whole.endsWith('\\') ? whole.slice(0, -1) : ''
      if (pending === '') claims.push(...commandClaims(whole, line))
      continue
    }
    const spans = [...text.matchAll(CODE_SPAN)].map((match) => match[1] ?? '')
    for (const span of spans) claims.push(...(/\s/.test(span) ? commandClaims(span, line) : pathClaims(span, line)))
    for (const match of text.replaceAll(CODE_SPAN, '').matchAll(LINK)) {
      claims.push({ kind: 'link', line, target: match[1] ?? '' })
    }
  }
  return claims
}

/** Splits a command line into words; quotes hold a word together, a comment ends the line. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"[^"]*"|'[^']*'|(?:^|\s)#.*$|[^\s"']+/g)]
    .map((match) => match[0])
    .filter((word) => !/^\s*#/.test(word))
}

function commandClaims(text: string, line: number): Claim[] {
  return text.split(/&&|\|\||[|;]/).flatMap((part): Claim[] => {
    const words = wordsOf(part.replace(/^\s*\$\s/, ''))
    while (/^([A-Z_]+=.*|exec|sudo|npx|time|nohup)$/.test(words[0] ?? '')) words.shift()
    const [command, ...args] = words.map((word) => word.replace(/[()&]+$/, ''))
    // Also behind `runuser -u NAME --` or `podman run`, and by its path.
    const doorpost = words.findIndex((word) => /^(.*\/)?doorpost$|packages\/cli\/main\.ts$/.test(word))
    if (doorpost >= 0) return [{ kind: 'doorpost', line, words: words.slice(doorpost + 1) }]
    if (command === 'npm') return npmClaims(args, line)
    return words
      .filter((word) => /^\.?[a-z]+\/[\w./-]+$/i.test(word) && FILE_ENDING.test(word))
      .map((path) => ({ kind: 'path', line, path }))
  })
}

function npmClaims(args: readonly string[], line: number): Claim[] {
  const [verb, ...rest] = args
  if (verb === 'start' || verb === 'test') return [{ kind: 'npm-script', line, name: verb, args: afterDashes(rest) }]
  if (verb !== 'run' || rest[0] === undefined || /[^\w:-]/.test(rest[0])) return []
  return [{ kind: 'npm-script', line, name: rest[0], args: afterDashes(rest.slice(1)) }]
}

function afterDashes(words: readonly string[]): string[] {
  const dashes = words.indexOf('--')
  return dashes < 0 ? [] : words.slice(dashes + 1)
}

function pathClaims(span: string, line: number): Claim[] {
  const path = span.replace(/[#:]\d+$/, '')
  if (!PATH_WORD.test(path)) return []
  if (!FILE_ENDING.test(path) && !path.includes('/')) return []
  return [{ kind: 'path', line, path }]
}

/** The anchors that a document's headings make, as GitHub and most viewers build them. */
export function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.split('\n').filter((text) => /^#{1,6}\s/.test(text))
  return new Set(
    headings.map((text) =>
      text
        .replace(/^#+\s+/, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}
