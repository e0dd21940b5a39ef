// Arrows move the focus, Enter presses, Back goes back: what a television's remote has. An arrow that finds nothing in sight
// scrolls, as it always did; inside a text it moves the cursor, inside a film it seeks.

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
    /** Where the focus was last: arrows go on from there when what had it is gone. */
    let last: Box | undefined
    const note = ({ target: focused }: FocusEvent) => {
      if (focused instanceof HTMLElement) last = box(focused)
    }
    const press = (event: KeyboardEvent) => onKey(event, last)
    addEventListener('focusin', note)
    addEventListener('keydown', press)
    return () => {
      removeEventListener('focusin', note)
      removeEventListener('keydown', press)
    }
  }, [])
}

function onKey(event: KeyboardEvent, last: Box | undefined): void {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const from = document.activeElement
  if (BACK_KEYS.has(event.key)) {
    event.preventDefault()
    if (!closes(from)) history.back()
    return
  }
  if (event.key === 'Enter' && from instanceof HTMLElement && press(from)) {
    event.preventDefault()
    return
  }
  const direction = DIRECTIONS[event.key]
  if (!direction) return
  if (from instanceof HTMLElement && keepsArrow(from, direction)) return
  const to = target(from, direction, last)
  if (!to) return
  event.preventDefault()
  if (to === 'scrolled') return
  to.focus({ preventScroll: true })
  to.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

/** What is open around the focus closes, as by Escape. */
function closes(from: Element | null): boolean {
  const escape = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })
  return !(from ?? document.body).dispatchEvent(escape)
}

/** Enter where browsers know nothing of it, since a remote has no other key to press with. */
function press(element: HTMLElement): boolean {
  if (element instanceof HTMLInputElement && ['checkbox', 'radio'].includes(element.type)) {
    element.click()
    return true
  }
  const unfolds =
    element instanceof HTMLSelectElement || (element instanceof HTMLInputElement && OWN_PICKER.has(element.type))
  if (!unfolds) return false
  try {
    element.showPicker()
    return true
  } catch {
    // Not in this browser, or not now: Enter stays what it was.
    return false
  }
}

/** Fields which bring a window of their own to choose in. */
const OWN_PICKER = new Set(['date', 'time', 'datetime-local'])

function isUnfolded(list: HTMLSelectElement): boolean {
  try {
    return list.matches(':open')
  } catch {
    // A browser that does not know the word gives an open list the keys itself.
    return false
  }
}

function keepsArrow(element: HTMLElement, direction: Direction): boolean {
  const isUpright = direction === 'up' || direction === 'down'
  // What is chosen with one key pressed too many would be hard to notice: a list is opened first, a number is typed.
  if (element.matches('video, audio')) return !isUpright
  if (element instanceof HTMLSelectElement) return isUnfolded(element)
  if (element instanceof HTMLTextAreaElement) return !atEdge(element, direction)
  if (!(element instanceof HTMLInputElement)) return false
  if (element.type === 'range') return true
  if (element.type === 'number' || OWN_PICKER.has(element.type)) return !isUpright
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

function target(
  from: Element | null,
  direction: Direction,
  last: Box | undefined,
): HTMLElement | 'scrolled' | undefined {
  const inside = from?.closest<HTMLElement>('dialog[open]') ?? document.body
  const inSight = [...inside.querySelectorAll<HTMLElement>(REACHABLE)].filter((one) => one !== from && isInSight(one))
  // A place that scrolls is gone into, not to, where things stand in it.
  const elements = inSight.filter((one) => !one.matches(PLACE) || !inSight.some((other) => isAround(one, other)))
  const isLost = from === null || from === document.body
  if (isLost && !last) return elements[0]
  const origin = isLost && last ? last : startOf(from ?? inside, elements, direction)
  const next = (among: readonly HTMLElement[]) => among[nextInDirection(origin, among.map(box), direction) ?? -1]
  if (isLost) return next(elements)
  const nextIn = (place: Element) => next(elements.filter((one) => isAround(place, one)))
  // What a place still hides comes before everything around it.
  const place = placeAround(from, direction)
  const found = place && (nextIn(place) ?? (scrolls(place, direction) ? 'scrolled' : undefined))
  // Up and down keep to their side of the screen, the list or what is beside it, as long as there is something.
  const side = direction === 'up' || direction === 'down' ? from.closest('nav, main') : null
  return found ?? (side ? nextIn(side) : undefined) ?? next(elements)
}

/** What scrolls and takes the focus itself. */
const PLACE = '[tabindex="0"]'

function isAround(place: Element, one: Element): boolean {
  return place !== one && place.contains(one)
}

/** From a place that has the focus itself the way leads in from the edge that the arrow turns its back to. */
function startOf(from: Element, elements: readonly HTMLElement[], direction: Direction): Box {
  const whole = box(from)
  if (!from.matches(PLACE) || !elements.some((one) => isAround(from, one))) return whole
  const { left, top, right, bottom } = whole
  return {
    left: { left: right, right, top, bottom },
    right: { left, right: left, top, bottom },
    up: { left, right, top: bottom, bottom },
    down: { left, right, top, bottom: top },
  }[direction]
}

/** What scrolls around the focus: up and down, and sideways where it has the focus itself. */
function placeAround(from: Element, direction: Direction): Element | undefined {
  if (from.matches(PLACE)) return from
  if (direction === 'left' || direction === 'right') return undefined
  for (let one = from.parentElement; one && one !== document.body; one = one.parentElement)
    if (['auto', 'scroll'].includes(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight) return one
  return undefined
}

/** Half of what is seen; whether there was anything left that way. */
function scrolls(place: Element, direction: Direction): boolean {
  const { scrollLeft, scrollTop } = place
  const way = direction === 'up' || direction === 'left' ? -0.5 : 0.5
  const isUpright = direction === 'up' || direction === 'down'
  place.scrollBy({
    left: isUpright ? 0 : way * place.clientWidth,
    top: isUpright ? way * place.clientHeight : 0,
    behavior: 'instant',
  })
  return place.scrollLeft !== scrollLeft || place.scrollTop !== scrollTop
}

/** Seen, or within half a screen of being seen: the next rows of a list scroll in. */
function isInSight(element: HTMLElement): boolean {
  if (!element.checkVisibility({ visibilityProperty: true })) return false
  // What shows itself to the Tab key alone, the way past the list for one.
  if (getComputedStyle(element).pointerEvents === 'none') return false
  const { left, top, right, bottom } = element.getBoundingClientRect()
  const over = innerHeight / 2
  return right > 0 && left < innerWidth && bottom > -over && top < innerHeight + over && right > left
}

function box(element: Element): Box {
  const { left, top, right, bottom } = element.getBoundingClientRect()
  return { left, top, right, bottom }
}
