import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'aegir/chai'
import { Uint8ArrayList } from 'uint8arraylist'
import { decodeIds } from '../../src/router/encoded-ids.ts'
import { MessageCache } from '../../src/router/message-cache.ts'
import { createIdHash } from '../../src/router/message-id.ts'
import { createRandom } from '../../src/router/random.ts'
import { SHARED_FROM_BYTES } from '../../src/router/slab.ts'
import { seeds } from './seeds.ts'
import type { CachedMessage, MessageId, TopicStr } from '../../src/router/events.ts'
import type { MessageCacheInit } from '../../src/router/message-cache.ts'
import type { Random } from '../../src/router/random.ts'

describe('router: message cache by itself', () => {
  it('gives what was put, byte for byte, also ids as long as a frame and the empty one', () => {
    const cache = createCache()
    const messages = [0, 1, 20, 46, 127, 128, 5_000, 300_000].map(idBytes => createMessage(idBytes, 100 + idBytes))
    messages.forEach(message => { cache.put(message) })

    for (const message of messages) {
      expect(cache.get(message.id)).to.deep.equal(message)
      expect(cache.take(message.id, 'peer')).to.deep.equal(message)
    }

    expect(cache.gossipIds('topic')).to.deep.equal(messages.map(({ id }) => id))
    expect(decodeIds(cache.gossipSample('topic', 100, createRandom(1)))).to.deep.equal(messages.map(({ id }) => id))
    expect(cache.get(Uint8Array.of(9, 9))).to.equal(undefined)
    expect(cache.gossipIds('other')).to.be.empty()
    expect(cache.gossipSample('other', 100, createRandom(1)).count).to.equal(0)
    expect([cache.hasGossip('topic'), cache.hasGossip('other')]).to.deep.equal([true, false])
  })

  it('takes a key in place of the hash of the id', () => {
    const cache = createCache({ hash: { of: () => { throw new Error('was hashed again') } } })
    const message = createMessage(20, 100)
    cache.put(message, 77)

    expect(cache.get(message.id, 77)).to.deep.equal(message)
    expect(cache.take(message.id, 'peer', 77)).to.deep.equal(message)
    expect(cache.get(message.id, 78)).to.equal(undefined)
  })

  it('never gives another message than was asked for, be the keys equal', () => {
    const cache = createCache({ hash: { of: () => 1 } })
    const [first, second] = [createMessage(20, 100, 'topic', 1), createMessage(20, 100, 'topic', 2)]
    cache.put(first)
    cache.put(second)

    expect(cache.get(first.id)).to.deep.equal(first)
    expect(cache.get(second.id)).to.equal(undefined)
    expect(cache.take(second.id, 'peer')).to.equal(undefined)
    expect(cache.gossipIds('topic')).to.deep.equal([first.id])
    expect(cache.size).to.equal(1)
  })

  it('copies what is small, whose buffer may be written over, and keeps what is large as it is', () => {
    const cache = createCache()
    const small = createMessage(20, SHARED_FROM_BYTES - 1)
    const large = createMessage(21, SHARED_FROM_BYTES)
    const partOfAFrame = { ...createMessage(22, 0), encoded: new Uint8Array(1_000_000).subarray(7, 7 + SHARED_FROM_BYTES) }
    const messages = [small, large, partOfAFrame]
    messages.forEach(message => { cache.put(message) })

    const buffers = messages.map(message => cache.get(message.id)?.encoded).map(encoded => encoded instanceof Uint8Array ? encoded.buffer : undefined)
    expect(buffers[0]).to.not.equal(small.encoded.buffer)
    expect(buffers[1]).to.equal(large.encoded.buffer)
    expect(buffers[2]?.byteLength).to.equal(SHARED_FROM_BYTES)

    const { id, encoded } = structuredClone(small)
    small.encoded.fill(0)
    small.id.fill(0)
    expect(cache.get(id)).to.deep.equal({ id, topic: 'topic', encoded })
  })

  it('keeps what is in pieces as it is', () => {
    const cache = createCache()
    const encoded = new Uint8ArrayList(new Uint8Array(3).fill(1), new Uint8Array(4).fill(2))
    const { id } = createMessage(20, 0)
    cache.put({ id, topic: 'topic', encoded })

    expect(cache.get(id)?.encoded).to.equal(encoded)
    expect(cache.take(id, 'peer')?.encoded).to.equal(encoded)
    expect(cache.byteLength).to.equal(7)
  })

  it('what it gave stays as it was, whatever comes after', () => {
    const cache = createCache({ maxMessages: 50 })
    const random = createRandom(1)
    const given: Array<{ message: CachedMessage, taken?: CachedMessage, ids: MessageId[] }> = []

    for (let i = 0; i < 2_000; i++) {
      const message = createMessage(20, random.below(600), 'topic', i)
      cache.put(message)
      given.push({ message, taken: cache.take(message.id, 'peer'), ids: cache.gossipIds('topic') })

      if (i % 40 === 0) {
        cache.shift()
      }
    }

    expect(cache.size).to.be.at.most(50)

    for (const { message, taken, ids } of given) {
      expect(taken).to.deep.equal(message)
      expect(ids.at(-1)).to.deep.equal(message.id)
    }
  })

  it('counts what each peer took, by message, and no longer than it has the message', () => {
    const cache = createCache({ maxTransmissions: 2, length: 1, gossipLength: 1 })
    const message = createMessage(20, 100)
    const take = (peer: string): boolean => cache.take(message.id, peer) != null
    cache.put(message)

    expect([take('a'), take('a'), take('a'), take('b')]).to.deep.equal([true, true, false, true])

    cache.shift()
    expect(take('b')).to.equal(false)
    cache.put(message)
    expect([take('a'), take('a'), take('a')]).to.deep.equal([true, true, false])
  })

  it('answers 1,024 peers per message, and those again', () => {
    const cache = createCache({ maxTransmissions: 2 })
    const message = createMessage(20, 100)
    cache.put(message)
    const answered = Array.from({ length: 1_025 }, (_, i) => cache.take(message.id, `peer${i}`) != null)

    expect(answered.indexOf(false)).to.equal(1_024)
    expect(cache.take(message.id, 'peer0')).to.not.equal(undefined)
  })

  it('samples are of the windows that gossip is made of, and new ones when messages come', () => {
    const cache = createCache({ gossipLength: 2 })
    const random = createRandom(1)
    const messages = Array.from({ length: 5 }, (_, i) => createMessage(20, 10, 'topic', i))
    const offered = (): MessageId[] => decodeIds(cache.gossipSample('topic', 5_000, random))

    messages.forEach((message, i) => {
      cache.put(message)
      expect(offered()).to.deep.equal(messages.slice(Math.max(0, i - 1), i + 1).map(({ id }) => id))
      expect(cache.gossipSample('topic', 5_000, random)).to.equal(cache.gossipSample('topic', 5_000, random))
      cache.shift()
    })

    cache.shift()
    expect(offered()).to.be.empty()
    expect(cache.hasGossip('topic')).to.equal(false)
    expect(cache.get(messages[3].id)).to.deep.equal(messages[3])
  })

  it('holds no more memory after a burst than before', () => {
    const cache = createCache({ maxMessages: 100_000, maxBytes: 2 ** 30 })
    cache.put(createMessage(20, 100))
    const before = memory()

    for (let i = 0; i < 50_000; i++) {
      cache.put(createMessage(20, 250, `topic${i % 100}`, i))
    }

    expect(memory() - before).to.be.greaterThan(12_000_000)

    for (let i = 0; i < 5; i++) {
      cache.shift()
    }

    expect(cache.size).to.equal(0)
    expect(cache.byteLength).to.equal(0)
    expect(memory() - before).to.be.lessThan(1_000_000)
  })

  for (const seed of seeds()) {
    for (const hashBits of [53, 4]) {
      it(`behaves as a plain model under random operations, with keys of ${hashBits} bits (SEED=${seed})`, () => {
        const run = new Run(seed, hashBits)

        for (let i = 0; i < 6_000; i++) {
          run.step(i)
        }

        // a run in which nothing happens proves nothing
        expect(run.dropped).to.be.greaterThan(300)
        expect(run.refused).to.be.greaterThan(10)
      })
    }
  }
})

function createCache (init: Partial<MessageCacheInit> = {}): MessageCache {
  return new MessageCache({
    length: 5,
    gossipLength: 3,
    maxMessages: 1_000,
    maxBytes: 10_000_000,
    maxTransmissions: 3,
    hash: createIdHash(createRandom(1)),
    ...init
  })
}

function createMessage (idBytes: number, bytes: number, topic: TopicStr = 'topic', salt = 0): CachedMessage & { encoded: MessageId } {
  const id = Uint8Array.from({ length: idBytes }, (_, i) => i < 4 ? salt >> (8 * i) : idBytes)

  return { id, topic, encoded: Uint8Array.from({ length: bytes }, (_, i) => i + salt) }
}

/** Bytes in use, after garbage was collected. */
function memory (): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  gc()
  gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()

  return heapUsed + arrayBuffers
}

const WINDOWS = 3
const GOSSIP_WINDOWS = 2
const MAX_MESSAGES = 60
const MAX_BYTES = 40_000
const MAX_TRANSMISSIONS = 1

/** A cache and an array that should hold the same. */
class Run {
  dropped = 0
  refused = 0

  private readonly random: Random
  private readonly keyOf: (id: Uint8Array) => number
  private readonly cache: MessageCache
  private readonly messages: CachedMessage[]
  private model: Array<{ message: CachedMessage, key: number, window: number, taken: Map<string, number> }> = []
  private window = 0

  constructor (seed: number, hashBits: number) {
    this.random = createRandom(seed)
    const hash = createIdHash(this.random)
    this.keyOf = id => 1 + hash.of(id) % 2 ** hashBits
    this.cache = createCache({
      length: WINDOWS,
      gossipLength: GOSSIP_WINDOWS,
      maxMessages: MAX_MESSAGES,
      maxBytes: MAX_BYTES,
      maxTransmissions: MAX_TRANSMISSIONS,
      hash: { of: this.keyOf }
    })
    this.messages = Array.from({ length: 90 }, (_, i) => this.anyMessage(i))
  }

  step (i: number): void {
    const message = this.messages[this.random.below(this.messages.length)]
    const action = this.random.below(20)

    if (action < 8) {
      this.cache.put(message)
      this.put(message)
    } else if (action < 19) {
      const peer = this.random.below(4) === 0 ? 'a' : 'b'
      expect(this.cache.take(message.id, peer), `step ${i}`).to.deep.equal(this.take(message, peer))
    } else if (this.random.below(4) === 0) {
      this.cache.shift()
      this.window++
      this.keep(({ window }) => window > this.window - WINDOWS)
    }

    this.check(message, i)
  }

  private anyMessage (number: number): CachedMessage {
    const idBytes = [4, 20, 46, 130, 5_000][this.random.below(5)]
    const bytes = this.random.below(20) === 0 ? this.random.below(MAX_BYTES + 5_000) : this.random.below(1_000)

    return createMessage(idBytes, bytes, `topic${this.random.below(3)}`, number)
  }

  private put (message: CachedMessage): void {
    const key = this.keyOf(message.id)

    if (message.encoded.byteLength > MAX_BYTES || this.model.some(known => known.key === key)) {
      return
    }

    this.model.push({ message, key, window: this.window, taken: new Map() })

    while (this.model.length > MAX_MESSAGES || this.bytes > MAX_BYTES) {
      this.keep((_, i) => i > 0)
    }
  }

  private take (message: CachedMessage, peer: string): CachedMessage | undefined {
    const known = this.model.find(known => known.message === message)
    const count = known?.taken.get(peer) ?? 0

    if (known == null || count === MAX_TRANSMISSIONS) {
      this.refused += known == null ? 0 : 1
      return undefined
    }

    known.taken.set(peer, count + 1)

    return message
  }

  private keep (isKept: (known: { window: number }, i: number) => boolean): void {
    const kept = this.model.filter(isKept)
    this.dropped += this.model.length - kept.length
    this.model = kept
  }

  private get bytes (): number {
    return this.model.reduce((sum, { message }) => sum + message.encoded.byteLength, 0)
  }

  private check (message: CachedMessage, i: number): void {
    const known = this.model.find(known => known.message === message)

    expect(this.cache.get(message.id), `step ${i}`).to.deep.equal(known?.message)
    expect(this.cache.size, `step ${i}`).to.equal(this.model.length)
    expect(this.cache.byteLength, `step ${i}`).to.equal(this.bytes)

    const { topic } = message
    const ids = this.model
      .filter(known => known.message.topic === topic && known.window > this.window - GOSSIP_WINDOWS)
      .map(known => known.message.id)

    expect(this.cache.gossipIds(topic), `step ${i}`).to.deep.equal(ids)
    expect(this.cache.hasGossip(topic), `step ${i}`).to.equal(ids.length > 0)

    const sample = decodeIds(this.cache.gossipSample(topic, 10, this.random)).map(id => id.join())
    expect(new Set(sample).size, `step ${i}`).to.equal(Math.min(10, ids.length))
    expect(ids.map(id => id.join())).to.include.members(sample)
  }
}
