// Everything that the documents name exists: npm scripts, scenarios, doorpost commands with their options, paths, links.
// doorpost is asked itself, by --help, so that this check knows nothing about how the command is built.
// An argument names another folder than the repository to check; the tests give one.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, matchesGlob, normalize } from 'node:path'
import { anchorsOf, type Claim, readClaims } from './document-claims.ts'
import { root as repository } from './tools.ts'

const root = process.argv[2] ?? repository
const CLI = 'packages/cli/main.ts'
const documents = ['README.md', 'ARCHITECTURE.md', 'SPEC.md', 'SECURITY.md', 'CONTRIBUTING.md']
  .filter((path) => existsSync(join(root, path)))
  .concat(globSync('{docs,deploy}/**/*.md', { cwd: root }).sort())

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const npmScripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts)
const topFolders = readdirSync(root)
const packageFolders = readdirSync(join(root, 'packages'))
const files = globSync('**/*', { cwd: root, exclude: ['**/node_modules/**', '.git/**', 'data/**'] })
const fileNames = new Set(files.map((path) => basename(path)))

/** What `doorpost [COMMAND] --help` prints, by command. */
const helps = new Map<string, string>()

function helpOf(command: string): string {
  const known = helps.get(command)
  if (known !== undefined) return known
  const args = command === '' ? ['--help'] : [command, '--help']
  const result = spawnSync(process.execPath, [join(root, CLI), ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  })
  const help = result.status === 0 ? `${result.stdout}${result.stderr}` : ''
  helps.set(command, help)
  return help
}

/** Options and commands are whole words of a help text: --to is not found in --token. */
const names = (help: string, word: string): boolean => help.split(/[^\w-]+/).includes(word)

function problemWithDoorpost(words: readonly string[]): string | undefined {
  const command = words.find((word) => !word.startsWith('-'))
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*$/, ''))
  if (command === undefined || /^[A-Z.]/.test(command)) return undefined
  const help = helpOf(command)
  if (!names(helpOf(''), command) || help === '') return `doorpost has no command ${command}`
  const wrong = options.find((option) => option !== '--help' && !names(help, option))
  return wrong === undefined ? undefined : `doorpost ${command} has no option ${wrong}`
}

function problemWithScript(name: string, args: readonly string[]): string | undefined {
  if (!npmScripts.includes(name)) return `package.json has no script ${name}`
  const scenario = args[0]
  if (name !== 'scenario' || scenario === undefined || /^[A-Z]+$/.test(scenario)) return undefined
  return existsSync(join(root, `scenarios/${scenario}.scenario.ts`)) ? undefined : `no scenario is called ${scenario}`
}

/** A path may be written from the root, from packages/ (as the design's layout does), or from the document's folder. */
function problemWithPath(path: string, document: string): string | undefined {
  const plain = normalize(path).replace(/\/$/, '')
  const first = plain.split('/')[0] ?? ''
  if (!plain.includes('/') && !path.endsWith('/'))
    return [...fileNames].some((name) => matchesGlob(name, plain)) ? undefined : `no file is called ${path}`
  const known =
    first === '..' || topFolders.includes(first) || packageFolders.includes(first) || /\.[a-z]+$/.test(plain)
  if (!known || first === 'data' || first === 'node_modules') return undefined
  const places = [plain, join('packages', plain), join(dirname(document), plain)]
  const exists = plain.includes('*')
    ? (place: string) => globSync(place, { cwd: root }).length > 0
    : (place: string) => existsSync(join(root, place)) || files.some((file) => file.endsWith(`/${place}`))
  return places.some(exists) ? undefined : `${path} does not exist`
}

function problemWithLink(target: string, document: string): string | undefined {
  if (/^[a-z]+:/i.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document : normalize(join(dirname(document), path))
  if (!existsSync(join(root, file))) return `the link to ${target} leads nowhere`
  if (anchor === undefined || !file.endsWith('.md')) return undefined
  return anchorsOf(read(file)).has(anchor) ? undefined : `${file} has no heading for #${anchor}`
}

function problemWith(claim: Claim, document: string): string | undefined {
  switch (claim.kind) {
    case 'npm-script':
      return problemWithScript(claim.name, claim.args)
    case 'doorpost':
      return problemWithDoorpost(claim.words)
    case 'path':
      return problemWithPath(claim.path, document)
    case 'link':
      return problemWithLink(claim.target, document)
  }
}

let claimCount = 0
const problems = documents.flatMap((document) =>
  readClaims(read(document)).flatMap((claim) => {
    claimCount++
    const problem = problemWith(claim, document)
    return problem === undefined ? [] : [`${document}:${claim.line}: ${problem}`]
  }),
)
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(`${claimCount} commands, paths and links in ${documents.length} documents exist`)
}
