// Tells a test whether a program from outside npm is here, so that it can skip with the reason in its name.
// In CI (CI=true) nothing is skipped: the test runs, and fails for want of the program.
import { findCommand, SYSTEM_PACKAGES } from './system-packages.cjs'

export interface Need {
  /** Why the test must be skipped, fit for a test's name; undefined when it can run, and always in CI. */
  readonly missing: string | undefined
  /** Where the program is; the bare command when it is missing, so that starting it fails with its name. */
  readonly path: string
}

/**
 * `const ffmpeg = needs('ffmpeg')` then
 * `test.skipIf(ffmpeg.missing)(`[X1] a film arrives${ffmpeg.reason}`, ...)`.
 */
export function needs(command: string): Need & { readonly reason: string } {
  const path = findCommand(command)
  if (path !== undefined) return { missing: undefined, path, reason: '' }
  const debianPackage = SYSTEM_PACKAGES.find((entry) => entry.command === command)?.debianPackage ?? command
  const missing = `${command} is missing: apt-get install ${debianPackage}`
  if (process.env['CI'] === 'true') return { missing: undefined, path: command, reason: ` (${missing})` }
  return { missing, path: command, reason: ` (skipped: ${missing})` }
}
