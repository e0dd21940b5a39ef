import { troubleCodes } from '@doorpost/peer/catalogue/en'
import { expect, test } from 'vitest'
import { EXIT, exitCodeOf } from './exit-codes.ts'

/** sysexits(3), and what a shell says of an interrupted program. */
const known: readonly number[] = [...Array.from({ length: 15 }, (_, index) => 64 + index), 130]

test.each(troubleCodes)('[X2] %s has an exit code of sysexits', (code) => {
  expect(known).toContain(exitCodeOf(code))
})

test('[X2] scripts can tell apart what they can act on', () => {
  expect(exitCodeOf('no-such-user')).toBe(EXIT.noUser)
  expect(exitCodeOf('other-domain')).toBe(EXIT.noHost)
  expect(exitCodeOf('server-unreachable')).toBe(EXIT.unavailable)
  expect(exitCodeOf('no-source')).toBe(EXIT.tryLater)
  expect(exitCodeOf('source-changed')).toBe(EXIT.data)
  expect(exitCodeOf('no-such-file')).toBe(EXIT.noInput)
  expect(exitCodeOf('cancelled')).toBe(130)
})
