// Compares the rules of SPEC.md with the names of the tests. Pure: texts in, problems out.
// Which files are read, and what is printed, is check-spec.ts's business.
import { parseSync, Visitor } from 'oxc-parser'

/** A line of SPEC.md which states a rule: `- **[H4]** sentence.` */
const RULE_LINE = /^\s*- \*\*\[([^\]]*)\]\*\*\s*(.*)$/
const RULE_ID = /^[A-Z]+[0-9]+$/
/** What a test's name begins with: `[H4]`, or several such. */
const CITATION = /^(?:\s*\[([A-Z]+[0-9]+)\])+/

/** What may stand between `test` and its name; `it.run(...)` of a test's own object called `it` is no test. */
const MODIFIERS = new Set([
  'concurrent',
  'each',
  'fails',
  'for',
  'only',
  'runIf',
  'sequential',
  'skip',
  'skipIf',
  'todo',
])

export interface Rule {
  readonly id: string
  readonly line: number
}

/** The rules of SPEC.md in order, and what is wrong with their form. */
export function readRules(spec: string): { rules: Rule[]; problems: string[] } {
  const rules: Rule[] = []
  const problems: string[] = []
  for (const [index, text] of spec.split('\n').entries()) {
    const match = RULE_LINE.exec(text)
    if (match === null) continue
    const [, id = '', sentence = ''] = match
    const line = index + 1
    const first = rules.find((rule) => rule.id === id)
    if (!RULE_ID.test(id)) problems.push(`SPEC.md:${line}: [${id}] is not a rule number, such as [H4]`)
    else if (first !== undefined) problems.push(`SPEC.md:${line}: [${id}] is already on line ${first.line}`)
    else rules.push({ id, line })
    if (sentence.trim() === '') problems.push(`SPEC.md:${line}: [${id}] says nothing`)
  }
  return { rules, problems }
}

export interface TestName {
  /** The rules that the name begins with; empty when it begins with none. */
  readonly cites: readonly string[]
  readonly line: number
  /** The rules are filled in by a table: `cites` holds all literals of the file that look like a rule, which some only do. */
  readonly fromTable: boolean
  /** A test that never runs (`test.skip`, `test.todo`) shows nothing. */
  readonly runs: boolean
}

/** Undefined unless the call is `test(...)`, `test.each(...)(...)`, `it.skipIf(...)(...)` and the like. */
function modifiersOf(callee: unknown): string[] | undefined {
  const modifiers: string[] = []
  let node = callee as { type: string; name?: string; object?: unknown; property?: { name?: string }; callee?: unknown }
  while (true) {
    if (node.type === 'Identifier') return node.name === 'test' || node.name === 'it' ? modifiers : undefined
    if (node.type === 'MemberExpression') {
      if (!MODIFIERS.has(node.property?.name ?? '')) return undefined
      modifiers.push(node.property?.name ?? '')
      node = node.object as typeof node
    } else if (node.type === 'CallExpression') node = node.callee as typeof node
    else return undefined
  }
}

/** Every test of one source file. A template name is known up to its first `${`; rule numbers filled in by a table count as
 * the string literals of that file which look like one. */
export function readTestNames(path: string, source: string): TestName[] {
  const { program, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const names: TestName[] = []
  const literals: string[] = []
  const lineAt = (offset: number): number => source.slice(0, offset).split('\n').length
  new Visitor({
    Literal(node) {
      if (typeof node.value === 'string' && RULE_ID.test(node.value)) literals.push(node.value)
    },
    CallExpression(node) {
      const modifiers = modifiersOf(node.callee)
      const [name, ...rest] = node.arguments
      // `test.each(table)` and `test.skipIf(reason)` are not yet the call that names a test.
      if (modifiers === undefined || name === undefined) return
      if (node.callee.type === 'MemberExpression' && ['each', 'for', 'skipIf', 'runIf'].includes(modifiers[0] ?? ''))
        return
      if (rest.length === 0 && name.type !== 'Literal' && name.type !== 'TemplateLiteral') return
      const runs = !modifiers.includes('skip') && !modifiers.includes('todo')
      const fromTable = name.type === 'TemplateLiteral' && name.quasis[0]?.value.raw === '['
      names.push({ cites: fromTable ? literals : citesOf(name), fromTable, line: lineAt(node.start), runs })
    },
  }).visit(program)
  return names
}

function citesOf(name: { type: string }): string[] {
  const node = name as { value?: unknown; quasis?: { value: { raw: string } }[] }
  const text = typeof node.value === 'string' ? node.value : (node.quasis?.[0]?.value.raw ?? '')
  const match = CITATION.exec(text)
  return match === null ? [] : match[0].split(/[[\]\s]+/).filter((part) => part !== '')
}

/** Every problem between SPEC.md and the tests, one line each; empty when all is well. */
export function specProblems(spec: string, tests: ReadonlyMap<string, string>): string[] {
  const { rules, problems } = readRules(spec)
  const known = new Set(rules.map((rule) => rule.id))
  const cited = new Set<string>()
  for (const [path, source] of tests) {
    for (const { cites, fromTable, line, runs } of readTestNames(path, source)) {
      if (cites.length === 0) problems.push(`${path}:${line}: the test's name does not begin with a rule, such as [H4]`)
      for (const id of cites) {
        if (!known.has(id) && !fromTable) problems.push(`${path}:${line}: [${id}] is not in SPEC.md`)
        if (runs) cited.add(id)
      }
    }
  }
  for (const { id, line } of rules) if (!cited.has(id)) problems.push(`SPEC.md:${line}: no test cites [${id}]`)
  return problems
}
