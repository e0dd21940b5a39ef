import { expect, test } from 'vitest'
import type { GivenFile } from './given-file.ts'
import { createKeptSheets, type KeptSheet } from './kept-sheets.ts'

const written = { title: '', text: '', copyright: '', date: '', others: '' }

function given(name: string): GivenFile {
  return { file: new File([name], name), folder: [] }
}

function sheet(files: readonly GivenFile[], title: string): KeptSheet {
  return { given: files, fileTitles: new Map(files.map((file) => [file, title])), written, opens: false }
}

test('[CRD24] what was given up comes back as it was, and whoever shows the place is told', () => {
  const sheets = createKeptSheets()
  let told = 0
  const end = sheets.onBack('bob', () => told++)
  sheets.onBack('carol', () => expect.unreachable())
  const was = sheet([given('a')], 'A')
  sheets.bringBack('bob', was)
  expect(sheets.of('bob')).toBe(was)
  expect(told).toBe(1)
  end()
  sheets.bringBack('bob', was)
  expect(told).toBe(1)
})

test('[CRD24] it is joined to what stands there by then, of which nothing is lost', () => {
  const sheets = createKeptSheets()
  const [a, b] = [given('a'), given('b')]
  sheets.keep('bob', { ...sheet([b], 'B'), written: { ...written, text: 'newer' } })
  sheets.bringBack('bob', sheet([a], 'A'))
  const now = sheets.of('bob')
  expect(now?.given).toEqual([b, a])
  expect(now?.fileTitles.get(a)).toBe('A')
  expect(now?.fileTitles.get(b)).toBe('B')
  expect(now?.written.text).toBe('newer')
})
