// Explicit resource management (ECMAScript 2026) for browsers that do not have it yet: the symbols and the one stack that the
// device uses. Imported before everything else, since classes and objects name their members by these symbols as they load.

const symbols = Symbol as { dispose?: symbol; asyncDispose?: symbol }
// The names under which compiled `using` looks for them.
if (!symbols.dispose) Object.defineProperty(Symbol, 'dispose', { value: Symbol.for('Symbol.dispose') })
if (!symbols.asyncDispose) Object.defineProperty(Symbol, 'asyncDispose', { value: Symbol.for('Symbol.asyncDispose') })

class Stack {
  #ends: (() => unknown)[] = []
  use<T extends Partial<AsyncDisposable & Disposable>>(one: T): T {
    this.#ends.push(() => (one[Symbol.asyncDispose] ?? one[Symbol.dispose])?.call(one))
    return one
  }
  defer(end: () => unknown): void {
    this.#ends.push(end)
  }
  move(): Stack {
    const moved = new Stack()
    moved.#ends = this.#ends
    this.#ends = []
    return moved
  }
  async disposeAsync(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disposeAsync()
  }
}

const runtime = globalThis as { AsyncDisposableStack?: unknown }
runtime.AsyncDisposableStack ??= Stack

export {}
