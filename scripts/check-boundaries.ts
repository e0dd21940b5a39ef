// Proves that the linter would see a forbidden import: plants one file per rule of the import arrows in a copy of the
// packages, runs the linter as `npm run check` runs it, and wants a complaint in every planted file and none in the controls.
// That the real tree keeps the rules is the lint step's business.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { LINT, root } from './tools.ts'

interface Planted {
  readonly path: string
  readonly source: string
  /** The linter's code that must complain about this file; undefined for a control, which must pass. */
  readonly rule: string | undefined
}

const IMPORTS = 'eslint(no-restricted-imports)'
const GLOBALS = 'eslint(no-restricted-globals)'
const CYCLE = 'import(no-cycle)'

const importing = (specifier: string): string => `import * as planted from '${specifier}'\nexport const use = planted\n`

const PLANTED: readonly Planted[] = [
  { path: 'peer/planted-a.ts', source: importing('@doorpost/server/serve'), rule: IMPORTS },
  { path: 'peer/receive/planted-b.ts', source: importing('../../server/serve.ts'), rule: IMPORTS },
  { path: 'peer/node/planted-c.ts', source: importing('@doorpost/server/serve'), rule: IMPORTS },
  { path: 'peer/planted-d.test.ts', source: importing('@doorpost/server/serve'), rule: IMPORTS },
  {
    path: 'peer/planted-e.ts',
    source: "export type { Storage } from '@doorpost/server/storage/storage'\n",
    rule: IMPORTS,
  },
  { path: 'peer/planted-f.ts', source: "export const use = import('@doorpost/server/serve')\n", rule: IMPORTS },
  { path: 'peer/receive/planted-g.ts', source: importing('node:fs'), rule: IMPORTS },
  { path: 'peer/receive/planted-h.ts', source: importing('fs/promises'), rule: IMPORTS },
  { path: 'peer/receive/planted-i.ts', source: importing('../node/planted-ok.ts'), rule: IMPORTS },
  { path: 'peer/receive/planted-j.ts', source: "export const use = Buffer.from('x')\n", rule: GLOBALS },
  { path: 'peer/planted-k.ts', source: importing('doorpost/main'), rule: IMPORTS },
  { path: 'server/planted-a.ts', source: importing('@doorpost/peer/send/offer'), rule: IMPORTS },
  { path: 'server/listen/planted-b.ts', source: importing('../../peer/send/offer.ts'), rule: IMPORTS },
  { path: 'server/planted-c.ts', source: "export const use = import('@doorpost/peer/send/offer')\n", rule: IMPORTS },
  { path: 'server/planted-d.ts', source: importing('doorpost/main'), rule: IMPORTS },
  { path: 'protocol/planted-a.ts', source: importing('node:crypto'), rule: IMPORTS },
  { path: 'protocol/planted-b.ts', source: importing('crypto'), rule: IMPORTS },
  { path: 'protocol/planted-c.ts', source: importing('ws'), rule: IMPORTS },
  { path: 'protocol/planted-d.ts', source: importing('@doorpost/peer/send/offer'), rule: IMPORTS },
  { path: 'protocol/messages/planted-e.ts', source: importing('../../server/serve.ts'), rule: IMPORTS },
  { path: 'protocol/planted-f.ts', source: 'export const use = document\n', rule: GLOBALS },
  {
    path: 'protocol/planted-g.ts',
    source: 'export const use = Date.now()\n',
    rule: 'eslint(no-restricted-properties)',
  },
  { path: 'protocol/planted-h.test.ts', source: importing('@doorpost/server/serve'), rule: IMPORTS },
  { path: 'web/planted-a.ts', source: importing('@doorpost/peer/send/offer'), rule: IMPORTS },
  { path: 'web/planted-b.ts', source: importing('@doorpost/server/serve'), rule: IMPORTS },
  { path: 'web/planted-c.ts', source: importing('node:fs'), rule: IMPORTS },
  { path: 'web/planted-d.ts', source: importing('../peer/browser/x.ts'), rule: IMPORTS },
  { path: 'cli/planted-a.ts', source: importing('../server/serve.ts'), rule: IMPORTS },
  {
    path: 'server/planted-cycle-a.ts',
    source: "import { b } from './planted-cycle-b.ts'\nexport const a = (): unknown => b\n",
    rule: CYCLE,
  },
  {
    path: 'server/planted-cycle-b.ts',
    source: "import { a } from './planted-cycle-a.ts'\nexport const b = (): unknown => a\n",
    rule: CYCLE,
  },
  { path: 'protocol/planted-ok.ts', source: importing('zod'), rule: undefined },
  { path: 'protocol/messages/planted-ok.ts', source: importing('../planted-ok.ts'), rule: undefined },
  { path: 'peer/node/planted-ok.ts', source: importing('node:fs'), rule: undefined },
  { path: 'peer/receive/planted-ok.ts', source: importing('@doorpost/protocol/address'), rule: undefined },
  { path: 'server/planted-ok.ts', source: importing('@doorpost/protocol/address'), rule: undefined },
  { path: 'web/planted-ok.ts', source: importing('@doorpost/peer/browser/join'), rule: undefined },
  { path: 'cli/planted-ok.ts', source: importing('@doorpost/server/serve'), rule: undefined },
]

/** The codes of the linter's complaints by file, relative to `folder`. */
function lint(folder: string): Map<string, string[]> {
  const [command, ...args] = LINT
  const result = spawnSync(command, [...args, '--format=json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const report = JSON.parse(result.stdout) as { diagnostics: { code?: string; filename: string }[] }
  const codes = new Map<string, string[]>()
  for (const { code, filename } of report.diagnostics) {
    const path = relative('packages', filename)
    codes.set(path, [...(codes.get(path) ?? []), code ?? 'unknown'])
  }
  return codes
}

function plant(folder: string): void {
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { path, source } of PLANTED) {
    const file = join(folder, 'packages', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, source)
  }
}

function findings(codes: ReadonlyMap<string, readonly string[]>): string[] {
  const arrows = [IMPORTS, GLOBALS, CYCLE]
  return PLANTED.flatMap(({ path, rule }) => {
    const found = codes.get(path) ?? []
    if (rule === undefined) {
      const wrong = found.filter((code) => arrows.includes(code))
      return wrong.length > 0 ? [`${path} is allowed, but the linter says ${wrong.join(', ')}`] : []
    }
    return found.includes(rule) ? [] : [`${path} was planted, but the linter does not say ${rule}`]
  })
}

const folder = mkdtempSync(join(tmpdir(), 'doorpost-boundaries-'))
try {
  plant(folder)
  const problems = findings(lint(folder))
  if (problems.length > 0) {
    console.error(problems.join('\n'))
    process.exitCode = 1
  } else {
    console.log(`${PLANTED.filter((file) => file.rule !== undefined).length} planted violations seen, controls passed`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
