// Arrows move the focus, Enter presses, Back goes back: what a television's remote has. An arrow that finds nothing in sight
// scrolls, as it always did; inside a text it moves the cursor; inside `data-arrows="own"` it is that thing's.

import { useEffect } from 'react'
import { nextInDirection, type Box, type Direction } from './spatial.ts'

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}
const REACHABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, video[controls], audio[controls], [tabindex="0"]'
/** Keys that remotes send for Back (Android TV, webOS and Tizen by their names in UI Events). */
const BACK_KEYS = new Set(['GoBack', 'BrowserBack', 'XF86Back'])

export function useSpatialKeys(): void {
  useEffect(() => {
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  if (BACK_KEYS.has(event.key)) {
    event.preventDefault()
    history.back()
    return
  }
  const direction = DIRECTIONS[event.key]
  if (!direction) return
  const from = document.activeElement
  if (from instanceof HTMLElement && keepsArrow(from, direction)) return
  const to = target(from, direction)
  if (!to) return
  event.preventDefault()
  to.focus({ preventScroll: true })
  to.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

function keepsArrow(element: HTMLElement, direction: Direction): boolean {
  if (element.closest('[data-arrows="own"]') || element.matches('select, video, audio')) return true
  if (element instanceof HTMLTextAreaElement) return !atEdge(element, direction)
  if (!(element instanceof HTMLInputElement)) return false
  if (['range', 'date', 'time', 'number', 'datetime-local'].includes(element.type)) return true
  if (['checkbox', 'radio', 'button', 'file'].includes(element.type)) return false
  return !atEdge(element, direction)
}

/** Whether the cursor has nowhere to go in a text: lines of one line leave up and down at once. */
function atEdge(text: HTMLInputElement | HTMLTextAreaElement, direction: Direction): boolean {
  if (text instanceof HTMLInputElement && (direction === 'up' || direction === 'down')) return true
  if (text.value === '') return true
  const at = text.selectionStart
  if (at === null || at !== text.selectionEnd) return false
  const backwards =
    direction === 'up' || (getComputedStyle(text).direction === 'rtl' ? direction === 'right' : direction === 'left')
  return backwards ? at === 0 : at === text.value.length
}

function target(from: Element | null, direction: Direction): HTMLElement | undefined {
  const inside = from?.closest<HTMLElement>('dialog[open]') ?? document.body
  const elements = [...inside.querySelectorAll<HTMLElement>(REACHABLE)].filter((one) => one !== from && isInSight(one))
  if (from === null || from === document.body) return elements[0]
  const index = nextInDirection(box(from), elements.map(box), direction)
  return index === undefined ? undefined : elements[index]
}

/** Seen, or within half a screen of being seen: the next rows of a list scroll in. */
function isInSight(element: HTMLElement): boolean {
  if (!element.checkVisibility({ visibilityProperty: true })) return false
  const { left, top, right, bottom } = element.getBoundingClientRect()
  const over = innerHeight / 2
  return right > 0 && left < innerWidth && bottom > -over && top < innerHeight + over && right > left
}

function box(element: Element): Box {
  const { left, top, right, bottom } = element.getBoundingClientRect()
  return { left, top, right, bottom }
}
