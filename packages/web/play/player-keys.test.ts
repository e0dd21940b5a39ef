import { expect, test } from 'vitest'
import { playerKey } from './player-keys.ts'

function player() {
  const state = { paused: false, currentTime: 60, duration: 100, volume: 0.5, muted: false }
  return Object.assign(state, {
    play: () => {
      state.paused = false
      return Promise.resolve()
    },
    pause: () => {
      state.paused = true
    },
    textTracks: [] as unknown as TextTrackList,
  })
}

test("[SCR21] a remote's Enter plays and pauses, its arrows to the sides seek, and up and down lead on", () => {
  const film = player()
  expect(playerKey(film, 'Enter')).toBe(true)
  expect(film.paused).toBe(true)
  expect(playerKey(film, 'Enter')).toBe(true)
  expect(film.paused).toBe(false)
  expect(playerKey(film, 'ArrowRight')).toBe(true)
  expect(film.currentTime).toBe(65)
  expect(playerKey(film, 'ArrowUp')).toBe(false)
  expect(playerKey(film, 'ArrowDown')).toBe(false)
  expect(film.volume).toBe(0.5)
})

test('[SCR21] where the film fills the screen there is nothing to lead on to: up and down are the volume', () => {
  const film = player()
  expect(playerKey(film, 'ArrowUp', true)).toBe(true)
  expect(film.volume).toBeCloseTo(0.6)
})
