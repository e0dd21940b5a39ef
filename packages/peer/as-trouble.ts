// Everything that an operation throws is a Trouble: what is no word for a user keeps its cause.

import { Refusal } from '@doorpost/protocol/errors'
import { Trouble } from './operations.ts'

/** `signal`: of the operation; once it is aborted, whatever is thrown is its end. */
export function asTrouble(error: unknown, signal: AbortSignal): Trouble {
  if (error instanceof Trouble) return error
  if (signal.aborted) return new Trouble('cancelled', 'Stopped.', { cause: error })
  if (error instanceof Refusal) return new Trouble(error.code, error.message, { cause: error })
  return new Trouble('fault', 'Something went wrong here.', { cause: error })
}
