/**
 * What the caches of the router cost, in bytes and in time. Not a test. In the folder of the package:
 *
 * `node --expose-gc --experimental-transform-types test/bench/caches.ts`
 *
 * Times are the best of several rounds, so that what else runs on the machine matters less.
 */
import { MessageCache } from '../../src/router/message-cache.ts'
import { createIdHash } from '../../src/router/message-id.ts'
import { createRandom } from '../../src/router/random.ts'
import { SeenCache, UNSEEN, VALID } from '../../src/router/seen-cache.ts'
import { frameRpc } from '../../src/wire/encode.ts'
import type { CachedMessage } from '../../src/router/events.ts'
import type { Frame } from '../../src/wire/encode.ts'

const random = createRandom(1)
const hash = createIdHash(random)

/** 20 bytes as Lodestar's, 46 as the default `from || seqno` of an Ed25519 key. */
for (const idBytes of [20, 46]) {
  benchHash(idBytes)
}

for (const count of [10_000, 50_000, 262_144, 500_000]) {
  benchSeen(count)
}

benchGrowth()

for (const idBytes of [20, 46]) {
  benchRetained(idBytes, 1)
  benchRetained(idBytes, 64)
  benchMessages(idBytes)
  benchHeartbeat(idBytes)
}

function benchHash (idBytes: number): void {
  const frames = Array.from({ length: 4_096 }, () => randomBytes(300))
  const ids = frames.map(frame => frame.slice(10, 10 + idBytes))
  const ofId = bestOf(50, () => { ids.forEach(id => hash.of(id)) }) / ids.length
  const middle = 10 + idBytes - 8
  const ofRanges = bestOf(50, () => { frames.forEach(frame => hash.ofRanges(frame, 10, middle, middle, 10 + idBytes)) }) / ids.length

  print(`key of an id of ${idBytes} bytes`, `${ns(ofId)}, of two ranges of a frame ${ns(ofRanges)}`)
}

function benchSeen (count: number): void {
  const keys = randomKeys(count)
  const strangers = randomKeys(50_000)
  const cache = (): SeenCache => new SeenCache({ ttlMs: 1_000, maxIds: 2 * count + 2 })
  const full = cache()
  const bytes = retained(() => { keys.forEach(key => { full.add(key, VALID, 0) }) }) / full.size
  let hits = 0

  const add = bestOf(3, () => { const cache_ = cache(); keys.forEach(key => { cache_.add(key, VALID, 0) }) }) / count
  const hit = bestOf(10, () => { keys.forEach(key => { hits += full.status(key) === UNSEEN ? 0 : 1 }) }) / count
  const miss = bestOf(10, () => { strangers.forEach(key => { hits += full.status(key) === UNSEEN ? 0 : 1 }) }) / strangers.length

  if (hits !== 10 * count) {
    throw new Error(`${hits} hits`)
  }

  print(`seen cache, ${count} ids`, `${bytes.toFixed(1)} B per id, add ${ns(add)}, look up one seen ${ns(hit)}, one unseen ${ns(miss)}`)
}

/** The longest that adding one id of half a million takes: that is where a table grows. */
function benchGrowth (): void {
  const keys = randomKeys(500_000)
  const worst = Array.from({ length: 3 }, () => {
    const cache = new SeenCache({ ttlMs: 1_000, maxIds: 1_000_000 })

    return keys.reduce((worst, key) => Math.max(worst, time(() => { cache.add(key, VALID, 0) })), 0)
  })

  print('seen cache, the longest of 500,000 adds', `${Math.min(...worst).toFixed(2)} ms`)
}

function benchRetained (idBytes: number, topics: number): void {
  const cache = createCache()
  const count = 40_000
  const bytes = retained(() => {
    for (let i = 0; i < count; i++) {
      cache.put(createMessage(idBytes, `topic${i % topics}`))
      shiftNowAndThen(cache, i, count)
    }
  }) / count

  print(`message cache, ids of ${idBytes} bytes, ${topics} topics`, `${(bytes - 250).toFixed(0)} B beyond the payload of 250 B`)
}

function benchMessages (idBytes: number): void {
  const count = 40_000
  const messages = Array.from({ length: count }, () => createMessage(idBytes, 'topic'))
  const keys = messages.map(({ id }) => hash.of(id))
  let cache = createCache()
  const put = bestOf(5, () => {
    cache = createCache()
    messages.forEach((message, i) => { cache.put(message, keys[i]) })
  }) / count
  let peer = 0
  const take = bestOf(3, () => {
    peer++
    messages.forEach((message, i) => cache.take(message.id, `peer${peer}`, keys[i]))
  }) / count

  print(`message cache, ids of ${idBytes} bytes`, `put ${ns(put)}, take ${ns(take)}`)
}

/** gossipsub-v1.0.md "Gossip Emission" with 40,000 cached ids, `Dlazy` peers and 5,000 ids for each, and the shift after it. */
function benchHeartbeat (idBytes: number): void {
  const cache = createCache()
  const perHeartbeat = 8_000
  const rounds: Array<{ sample: number, encode: number, shift: number }> = []
  let frames = 0

  for (let heartbeat = 0; heartbeat < 20; heartbeat++) {
    for (let i = 0; i < perHeartbeat; i++) {
      cache.put(createMessage(idBytes, 'topic'))
    }

    const samples: Array<ReturnType<typeof cache.gossipSample>> = []
    const sample = time(() => {
      for (let peer = 0; peer < 8; peer++) {
        samples.push(cache.gossipSample('topic', 5_000, random))
      }
    })
    const framed: Frame[][] = []
    const encode = time(() => {
      for (const { parts, count } of samples) {
        framed.push(frameRpc({ control: { ihave: [{ topicID: 'topic', encodedIds: parts, count }] } }))
      }
    })
    frames = framed.flat().length
    rounds.push({ sample, encode, shift: time(() => { cache.shift() }) })
  }

  const [sample, encode, shift] = (['sample', 'encode', 'shift'] as const).map(step => median(rounds.slice(5).map(round => round[step])))

  print(`heartbeat, ${5 * perHeartbeat} cached ids of ${idBytes} bytes, 8 peers`, `${(sample + encode + shift).toFixed(2)} ms: samples ` +
    `${sample.toFixed(2)}, frames ${encode.toFixed(2)} (${frames} of them), shift ${shift.toFixed(2)}`)
}

function createCache (): MessageCache {
  return new MessageCache({ length: 5, gossipLength: 5, maxMessages: 65_536, maxBytes: 64 * 1_024 * 1_024, maxTransmissions: 3, hash })
}

/** As in life: five windows. */
function shiftNowAndThen (cache: MessageCache, i: number, count: number): void {
  if (i % (count / 5) === count / 5 - 1 && i < count - 1) {
    cache.shift()
  }
}

function createMessage (idBytes: number, topic: string): CachedMessage {
  return { id: randomBytes(idBytes), topic, encoded: new Uint8Array(250) }
}

function randomBytes (length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  const words = new Uint32Array(Math.ceil(length / 4)).map(() => random.below(2 ** 32))
  bytes.set(new Uint8Array(words.buffer, 0, length))

  return bytes
}

function randomKeys (count: number): number[] {
  return Array.from({ length: count }, () => 1 + random.below(2 ** 32) + random.below(2 ** 20) * 2 ** 32)
}

/** Bytes of heap and of buffers outside it that are in use after a call and were not before. */
function retained (run: () => void): number {
  const before = memory()
  run()

  return memory() - before
}

function memory (): number {
  const { gc } = globalThis

  if (gc == null) {
    throw new Error('Needs --expose-gc')
  }

  void gc()
  void gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()

  return heapUsed + arrayBuffers
}

function bestOf (rounds: number, run: () => void): number {
  return Math.min(...Array.from({ length: rounds }, () => time(run)))
}

function time (run: () => void): number {
  const start = performance.now()
  run()

  return performance.now() - start
}

function median (numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

function ns (ms: number): string {
  return `${(ms * 1e6).toFixed(0)} ns`
}

function print (what: string, figures: string): void {
  process.stdout.write(`${what}: ${figures}\n`)
}
