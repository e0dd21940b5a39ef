// How long a browser has to show that it can what it claims of a codec. Ended by time, since what fails in silence would be waited for for ever.

/** One picture takes 5 to 400 ms, the first of a page the longest; a machine may have much else to do. */
export const TRIAL_MS = 2_000

/** `begin` calls `worked` or `failed`, the first of which counts, and answers what ends it. Never rejects. */
export async function trial(begin: (worked: () => void, failed: () => void) => () => void): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), TRIAL_MS)
  let end = () => {}
  try {
    end = begin(
      () => resolve(true),
      () => resolve(false),
    )
    return await promise
  } catch {
    // It refused at once what it claims to take.
    return false
  } finally {
    clearTimeout(timer)
    end()
  }
}
