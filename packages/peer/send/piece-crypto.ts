// The two primitives that media needs, as each runtime has them: AES-256-CTR in place and SHA-256.
// Synchronous where the runtime is (Node), promised where it is not (WebCrypto).

export interface PieceCrypto {
  /**
   * Turns plaintext into ciphertext or back, in the same buffer. AES-256-CTR; counter block: 8 zero bytes, then the big-endian
   * number of the 16-byte block. `offset` is where `bytes` lies in the media and is a multiple of 16.
   */
  cipher(key: Uint8Array, offset: number, bytes: Uint8Array): void | Promise<void>
  /** SHA-256, 32 bytes. */
  hash(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Unpredictable bytes, for keys. */
  random(length: number): Uint8Array
}
