// Lines on their way out, in the order in which they were written: who writes faster than a slow line takes them does not wait for it.

/**
 * Answers what takes the next line. `send` answers whether it went well; where it did not, that line and all behind it come back, in
 * their order, by `giveBack`. `keep` is told those that wait behind it, whenever there are some: a page can be closed meanwhile.
 */
export function createSaying(
  send: (text: string) => Promise<boolean>,
  giveBack: (texts: readonly string[]) => void,
  keep: (texts: readonly string[]) => void,
): (text: string) => void {
  const waiting: string[] = []
  const goOn = async (): Promise<void> => {
    for (;;) {
      const [next] = waiting
      if (next === undefined) return
      if (!(await send(next))) return giveBack(waiting.splice(0))
      waiting.shift()
      if (waiting.length > 0) keep([...waiting])
    }
  }
  return (text) => {
    waiting.push(text)
    if (waiting.length === 1) void goOn()
    else keep(waiting.slice(1))
  }
}
