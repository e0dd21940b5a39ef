// How much a benchmark of the web app moves, and how often: what is promised, or what the environment says.

const MIB = 1024 * 1024

export interface Amount {
  readonly sizeBytes: number
  readonly rounds: number
  /** As large as promised, or more: the results are kept, with how many rounds there were. */
  readonly counts: boolean
  /** `2 GiB`, `64 MiB`. */
  readonly label: string
}

/** `mib`, `rounds`: what is promised. Throws RangeError for what is no positive whole number. */
export function amountOf(mib: number, rounds: number): Amount {
  const size = numberFrom('DOORPOST_BENCH_MIB', mib)
  const times = numberFrom('DOORPOST_BENCH_ROUNDS', rounds)
  const label = size % 1024 === 0 ? `${size / 1024} GiB` : `${size} MiB`
  return { sizeBytes: size * MIB, rounds: times, counts: size >= mib, label }
}

function numberFrom(name: string, otherwise: number): number {
  const { [name]: said } = process.env
  if (said === undefined || said === '') return otherwise
  const value = Number(said)
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive whole number`)
  return value
}
