// The server's log: JSON lines on standard error, quiet unless something needs an operator. What is said in it never
// holds tokens, nonces, signatures, invitations, sealed bytes, bodies, headers or query strings; paths name users, so
// they stay out too. Errors are written by name, message and stack alone.

import { destination, type Logger, pino } from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

export function openLog(level: LogLevel = 'warn'): Logger {
  return pino(logOptions(level), destination({ fd: 2, sync: true }))
}

export function logOptions(level: LogLevel) {
  return {
    level,
    base: null,
    serializers: { err: describeError },
  } as const
}

/** Name, message, stack and cause; no other property, since errors of libraries carry what they were given. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: 'unknown' }
  const { name, message, stack, cause } = error
  return { name, message, stack, ...(cause !== undefined && { cause: describeError(cause) }) }
}
