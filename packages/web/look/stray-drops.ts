// A file that is let go of beside every place for it: a browser would leave the page for it, and with the page goes what it gives out.

/** Once for the page. Places that take files prevent it by themselves before this is asked. */
export function refuseStrayDrops(on: Pick<EventTarget, 'addEventListener'>): void {
  on.addEventListener('dragover', refuse)
  on.addEventListener('drop', refuse)
}

function refuse(event: Event): void {
  const { dataTransfer } = event as DragEvent
  if (event.defaultPrevented || !dataTransfer?.types.includes('Files')) return
  event.preventDefault()
  // The pointer shows that it cannot be let go of here.
  dataTransfer.dropEffect = 'none'
}
