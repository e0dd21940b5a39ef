// Unpredictable bytes as the runtime gives them. Whoever needs some takes this as an argument, so that tests can bring their own.

export type Random = (bytes: number) => Uint8Array

export const systemRandom: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes))
