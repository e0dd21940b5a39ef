import { expect, test } from 'vitest'
import { readTestNames, specProblems } from './spec-rules.ts'

const SPEC = '# Rules\n\n- **[H4]** A bare LF is a 400.\n- **[H5]** A chunk is bounded.\n'

const problemsOf = (source: string, spec = SPEC): string[] => specProblems(spec, new Map([['a.test.ts', source]]))

test('[REPO1] a rule without a test, a test without a rule and an unknown rule are each reported', () => {
  expect(problemsOf("test('[H4] one', f)\ntest('[H5] two', f)")).toEqual([])
  expect(problemsOf("test('[H4] one', f)")).toEqual(['SPEC.md:4: no test cites [H5]'])
  expect(problemsOf("test('[H4][H5] one', f)\ntest('two', f)")).toEqual([
    "a.test.ts:2: the test's name does not begin with a rule, such as [H4]",
  ])
  expect(problemsOf("test('[H4] [H5] one', f)\n\ntest('[H6] two', f)")).toEqual(['a.test.ts:3: [H6] is not in SPEC.md'])
})

test('[REPO1] a number used twice, an odd number and an empty sentence are reported', () => {
  const spec = `${SPEC}- **[H4]** Again.\n- **[h-6]** Odd.\n- **[H7]** \n`
  expect(problemsOf("test('[H4][H5][H7] one', f)", spec)).toEqual([
    'SPEC.md:5: [H4] is already on line 3',
    'SPEC.md:6: [h-6] is not a rule number, such as [H4]',
    'SPEC.md:7: [H7] says nothing',
  ])
})

test('[REPO1] a citation counts in every way a test is written, and not in a comment or a skipped test', () => {
  const cited = (source: string): string[] => readTestNames('a.test.ts', source).flatMap((name) => name.cites)
  expect(cited("it('[H4] x', f)")).toEqual(['H4'])
  expect(cited('test.each([[1], [f(2)]])(`[H4] is ${1}`, f)')).toEqual(['H4'])
  expect(cited('test.skipIf(need.missing)(`[H4] x${need.reason}`, { timeout: 1 }, f)')).toEqual(['H4'])
  expect(cited("for (const rule of ['H4', 'H5']) test(`[${rule}] x`, f)")).toEqual(['H4', 'H5'])
  expect(readTestNames('a.test.ts', "const it = stage()\nit.run('get', 1)")).toEqual([])
  expect(cited("// test('[H4] x', f)\nconst text = '[H5] y'")).toEqual([])
  expect(problemsOf("test.skip('[H4][H5] x', f)")).toEqual([
    'SPEC.md:3: no test cites [H4]',
    'SPEC.md:4: no test cites [H5]',
  ])
})
