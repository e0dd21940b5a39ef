// For a test: loaded before the command, writes the URLs of all modules that were loaded to the file named by
// DOORPOST_TEST_IMPORTS when the process ends.

import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const file = process.env['DOORPOST_TEST_IMPORTS']
const urls: string[] = []
registerHooks({
  load(url, context, next) {
    urls.push(url)
    return next(url, context)
  },
})
process.on('exit', () => {
  if (file !== undefined) writeFileSync(file, urls.join('\n'))
})
