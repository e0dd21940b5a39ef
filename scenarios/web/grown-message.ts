// In a page with an open conversation: how much lies below what is seen of it, px, after its newest message grew: as it was; just before the
// page is told of a scroll by 10 px; and in the moment in which its reader goes up by 900 px.

export const BELOW_GROWN = `(async () => {
  const box = document.querySelector('.messages')
  const newest = [...document.querySelectorAll('.message')].at(-1)
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  const below = async () => {
    await drawn()
    return Math.round(box.scrollHeight - box.clientHeight - box.scrollTop)
  }
  const grow = (height) => (newest.style.minBlockSize = height)
  grow('2000px')
  const asItWas = await below()
  const told = new Promise((resolve) =>
    addEventListener('scroll', () => resolve(grow('2500px')), { capture: true, once: true }))
  box.scrollTop -= 10
  await told
  const untold = await below()
  box.scrollTop -= 900
  grow('3000px')
  const goingUp = await below()
  grow('')
  await drawn()
  return [asItWas, untold, goingUp]
})()`
