// The protocol's version, and the hash of the set of schemas it stands for: changing a message without changing the
// version fails a test (version.test.ts).

export const PROTOCOL_VERSION = 1
