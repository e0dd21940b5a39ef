// A link's browser and the device behind it look for a path without the server: which candidates are gathered and told, to whom, and that
// the pieces come by it. Peer connections are pretended; the story in scenarios/web-link has real ones.

import { fromBase64url } from '@doorpost/protocol/bytes'
import { grantKeys, openGrant, openSealedGrant, parseGrantLink } from '@doorpost/protocol/grant'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import type { Caller } from '../paths/path.ts'
import { fakeRtc } from '../paths/fake-rtc.ts'
import {
  CONNECTIONS_OF_LINKS,
  CONNECTIONS_PER_DEVICE,
  createWebrtcPaths,
  GATHER_AT_ONCE_MS,
} from '../paths/webrtc-path.ts'
import { HOUR_MS, holderOf, made, openRoom, own, random, signal } from '../send/grants-stage.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { createLinkWebrtc, type ShownOffer } from './link-webrtc.ts'

const iceServers = async () => ({ stun: [], turn: [] })

/** A device with a link, and one browser that owns it. `opens`: its maker agreed. */
async function linked({ opens = true, hides = false, owns = true } = {}) {
  const clock = fakeClock()
  const street = fakeRtc()
  const webrtc = createWebrtcPaths({
    connect: street.connect,
    iceServers,
    serverOnLoopback: false,
    clock,
    random,
  })
  const room = await openRoom(openMemoryStore(), clock, { webrtc, hidesFrom: () => hides })
  webrtc.begin({
    say() {
      throw new Error('link holders get no notes')
    },
    admits: async () => false,
    source: room.source,
  })
  const { link, ref } = await made(room, HOUR_MS, opens)
  const holder = holderOf(link)
  if (owns) await own(room, holder, link)
  const parsed = parseGrantLink(link.link)
  if (!parsed) throw new Error('no link')
  /** What went through the tunnel, as the server sees it. */
  const shown: ShownOffer[] = []
  const answers: Uint8Array[] = []
  const opener = (key = holder.browser) =>
    createLinkWebrtc({
      connect: street.connect,
      iceServers,
      serverOnLoopback: false,
      clock,
      link: parsed,
      id: link.id,
      browser: key,
      random,
      proved: async () => {},
      async ask(_target, offer) {
        shown.push(offer)
        const answer = await room.source.offered(holder.caller(room.me, { offer }), ref)
        if (answer.state === 'here') answers.push(answer.said)
        return answer
      },
    })
  const target = {
    address: room.me.address,
    deviceKey: room.me.deviceKey.public,
    networkAddresses: [],
    message: { from: room.me.address, id: link.id },
  }
  /** Opens while candidates are found at both ends. */
  async function open(by = opener(), to = target) {
    const opening = by.open(to, signal)
    opening.catch(() => {})
    for (let step = 0; step < 12; step++) {
      await settle()
      for (const [at, one] of street.made.entries()) one.find({ address: `192.0.2.${at + 1}` })
      await clock.pass(GATHER_AT_ONCE_MS / 4)
    }
    return await opening
  }
  return { room, clock, street, webrtc, link, ref, holder, shown, answers, opener, open, target }
}

describe('both agreed', () => {
  test('[LNK20] [LNK21] the owner of a link reaches the device behind it by webrtc, and has its pieces from there', async () => {
    const { open, ref, street, answers, shown } = await linked()
    using path = await open()
    expect(path.kind).toBe('webrtc')
    const piece = await path.piece(ref, { index: 1, length: 1024 * 1024 }, () => new Uint8Array(1024 * 1024), signal)
    expect(piece.state).toBe('here')
    expect(street.made).toHaveLength(2)
    // What the server carried names no address.
    const carried = JSON.stringify(shown) + answers.map((bytes) => Buffer.from(bytes).toString('latin1')).join('')
    expect(carried).not.toContain('192.0.2.')
    expect(Buffer.from(fromBase64url(shown[0]?.sealed ?? '')).toString('latin1')).not.toContain('192.0.2.')
  })

  test('[LNK21] an answer that another device signed is not believed', async () => {
    const { open, opener, target } = await linked()
    const other = generateSigningKey(random).public
    await expect(open(opener(), { ...target, deviceKey: other })).rejects.toThrow('did not sign')
  })

  test('[LNK21] taken back, nothing more comes by the path that is open', async () => {
    const { open, ref, room, link } = await linked()
    using path = await open()
    await room.grants.revoke(link.id)
    const piece = await path.piece(ref, { index: 2, length: 99 }, () => new Uint8Array(99), signal)
    expect(piece.state).not.toBe('here')
  })

  test('[LNK22] links take a few of the connections that a device has', async () => {
    const { webrtc, room, holder, ref } = await linked()
    expect(CONNECTIONS_PER_DEVICE).toBeLessThanOrEqual(CONNECTIONS_OF_LINKS)
    const description = { ufrag: 'ufrag', pwd: 'p'.repeat(22), fingerprint: 'AB', messageBytesMax: 65_536 }
    const offer = { step: 'offer' as const, description, candidates: [] }
    const { address, deviceKey } = holder.caller(room.me)
    expect(ref.messageId).not.toBe('')
    let taken = 0
    for (let at = 0; at < CONNECTIONS_OF_LINKS + 4; at++) {
      const slot = at.toString(16).padStart(32, '0')
      const caller = { address: address.replace(/[0-9a-f]{32}/, slot), deviceKey, via: 'webrtc' } as Caller
      const before = webrtc.connections
      void webrtc.answerAtOnce(caller, `attempt${at}`, offer).catch(() => {})
      taken += webrtc.connections - before
    }
    expect(taken).toBe(CONNECTIONS_OF_LINKS)
    webrtc.close()
  })
})

describe('one of them did not', () => {
  test('[LNK20] by default the grant says nothing of it, and whoever asks all the same meets no connection', async () => {
    const { open, street, room, link } = await linked({ opens: false })
    const [deposit] = room.asked
    const parsed = parseGrantLink(link.link)
    if (!parsed) throw new Error('no link')
    if (!deposit) throw new Error('no deposit')
    const { sealed } = deposit.body as { readonly sealed: string }
    const content = openSealedGrant(grantKeys(parsed), sealed)
    expect(content && openGrant(content.grant)?.opens).toBeUndefined()
    expect(link.opens).toBeUndefined()
    await expect(open()).rejects.toThrow('answers refused')
    // The browser's own alone: the device behind the link made none, gathered nothing and told nothing.
    expect(street.made).toHaveLength(1)
  })

  test('[LNK20] whoever does not own the link, and whom the user wishes to hide from since, meets none either', async () => {
    for (const given of [{ owns: false }, { hides: true }]) {
      const { open, street } = await linked(given)
      await expect(open()).rejects.toThrow('answers refused')
      expect(street.made).toHaveLength(1)
    }
  })

  test('[LNK20] an offer of another browser than the one that asks is none', async () => {
    const { open, opener, street } = await linked()
    await expect(open(opener(generateSigningKey(random)))).rejects.toThrow('answers refused')
    expect(street.made).toHaveLength(1)
  })
})
