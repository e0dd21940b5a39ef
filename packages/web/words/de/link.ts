import type { link as en } from '../en/link.ts'

export const link: typeof en = {}
