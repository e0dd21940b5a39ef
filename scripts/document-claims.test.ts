import { expect, test } from 'vitest'
import { anchorsOf, readClaims } from './document-claims.ts'

const claimsOf = (markdown: string): string[] =>
  readClaims(markdown).map((claim) => {
    if (claim.kind === 'npm-script') return `npm ${claim.name} ${claim.args.join(' ')}`.trim()
    if (claim.kind === 'doorpost') return `doorpost ${claim.words.join(' ')}`
    return claim.kind === 'path' ? claim.path : `-> ${claim.target}`
  })

test('[REPO3] commands are found in shell blocks and in backquotes, and nowhere else', () => {
  const markdown = [
    'Run `npm run check` or `npm test`.',
    '```sh',
    'npm run scenario -- mail-story   # one alone',
    'DOORPOST_HOME=A doorpost send "a film.mp4" \\',
    '  --to bob@localhost:8025 && npm start',
    'runuser -u box -- /opt/doorpost/node_modules/.bin/doorpost agent --home /srv',
    '```',
    '```json',
    '{ "doorpost": "npm run nothing" }',
    '```',
    'npm run prose',
  ].join('\n')
  expect(claimsOf(markdown)).toEqual([
    'npm check',
    'npm test',
    'npm scenario mail-story',
    'doorpost send "a film.mp4" --to bob@localhost:8025',
    'npm start',
    'doorpost agent --home /srv',
  ])
})

test('[REPO3] paths and links are found, addresses and sentences are not taken for paths', () => {
  expect(claimsOf('See `server/listen/door.ts:12`, `scripts/`, `alice@example.org/laptop 1`, `GET /healthz`.')).toEqual(
    ['server/listen/door.ts', 'scripts/'],
  )
  expect(claimsOf('[rules](SPEC.md#a-b "x") and [out](https://example.org)')).toEqual([
    '-> SPEC.md#a-b',
    '-> https://example.org',
  ])
})

test('[REPO3] headings give the anchors that links use', () => {
  expect(anchorsOf('# Doorpost: the rules\n\n## HTTP/1.1 & `h2`\ntext')).toEqual(
    new Set(['doorpost-the-rules', 'http11--h2']),
  )
})
