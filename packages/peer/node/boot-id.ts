// Tells one run of the machine from the next: what was written but not synced is still in the page cache only within the same one.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { BOOT_ID_BYTES } from '../receive/part-map.ts'

/** Where Linux keeps a random number made at every start. */
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id'

/**
 * Names this boot and this very file (`identity`: device and inode), so that a copied map does not speak for another file.
 * All zero where the system does not tell: then nothing unsynced is trusted.
 */
export async function bootIdFor(identity: string): Promise<Uint8Array> {
  const bootId = await readFile(BOOT_ID_PATH, 'utf8').catch(() => '')
  if (bootId.trim() === '') return new Uint8Array(BOOT_ID_BYTES)
  return createHash('sha256').update(`${bootId.trim()} ${identity}`).digest().subarray(0, BOOT_ID_BYTES)
}
