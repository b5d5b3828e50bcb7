import { expect } from 'aegir/chai'
import { loadContestant, SERVICE_NAMES } from '../src/gossipsub/contestants.ts'
import { FrameFactory, MESSAGE_BYTES, messagesFrame, TOPIC } from '../src/gossipsub/frames.ts'
import { ANONYMOUS } from '../src/gossipsub/pubsub-options.ts'
import { arrive, joinTopics, NEVER_MS } from '../src/gossipsub/router/feed.ts'
import { FrameScanner } from '../src/gossipsub/router/frame-scanner.ts'
import { arrivalAt, COPIES, duplicatesOf, FORWARDS, forward, startMesh } from '../src/gossipsub/router/mesh.ts'
import { settled, StubNode } from '../src/gossipsub/router/stub-node.ts'

describe('the stub node of bench:gossipsub', () => {
  for (const name of SERVICE_NAMES) {
    it(`leads ${name} through a message: delivered once, forwarded to all others, a duplicate to nobody`, async () => {
      const node = await startMesh(await loadContestant({ name }), ANONYMOUS)
      const frame = new FrameFactory(MESSAGE_BYTES).next()
      const before = node.sent
      await forward(node, [arrivalAt(node, 3, frame)], 1)

      expect(node.delivered).to.equal(1)
      expect(node.sent.messages - before.messages).to.equal(FORWARDS)
      expect(node.peers.map(({ outbound }) => outbound?.sent.messages)).to.deep.equal([1, 1, 1, 0, 1, 1, 1, 1])

      const duplicates = duplicatesOf(node, 3, frame)
      await arrive(duplicates, 1)
      await node.stop()

      expect(duplicates).to.have.lengthOf(COPIES - 1)
      expect(node.delivered).to.equal(1)
      expect(node.sent.messages - before.messages).to.equal(FORWARDS)
    })

    it(`counts what ${name} subscribes to`, async () => {
      const node = await StubNode.start(await loadContestant({ name }), { ...ANONYMOUS, heartbeatInterval: NEVER_MS }, 3)
      await joinTopics(node)
      await settled('every peer has been told', () => node.peers.every(({ outbound }) => (outbound?.sent.frames ?? 0) > 0))
      await node.stop()

      expect(node.sent.sends).to.be.at.least(3)
      expect(node.sent.messages).to.equal(0)
    })
  }
})

describe('the frame scanner', () => {
  it('counts frames and messages in pieces of any size', () => {
    const message = { topic: TOPIC, data: new Uint8Array(300) }
    const bytes = Buffer.concat([messagesFrame([message, message]), messagesFrame([]), messagesFrame([message])])

    for (let size = 1; size <= bytes.byteLength; size++) {
      const scanner = new FrameScanner()

      for (let i = 0; i < bytes.byteLength; i += size) {
        scanner.push(bytes.subarray(i, i + size))
      }

      expect([scanner.frames, scanner.messages, scanner.bytes]).to.deep.equal([3, 3, bytes.byteLength])
    }
  })

  it('refuses what is no RPC', () => {
    expect(() => { new FrameScanner().push(Uint8Array.from([2, 8, 1])) }).to.throw(/tag 8/)
  })
})

describe('frames of bench:gossipsub', () => {
  it('are of the same length and never the same', () => {
    const factory = new FrameFactory(MESSAGE_BYTES, 16)
    const [one, other] = [factory.next(), factory.next()]

    expect(one.byteLength).to.equal(other.byteLength)
    expect(one).to.not.deep.equal(other)
  })
})
