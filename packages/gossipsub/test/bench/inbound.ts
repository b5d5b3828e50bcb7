/**
 * What a message costs from its frame to the event for the router: as the first of its kind, and as a copy. Not a test. In the folder of the
 * package:
 *
 * `node --expose-gc --experimental-transform-types test/bench/inbound.ts`
 *
 * The functions of the application are next to nothing here, so that the figures are ours. Times are the best of several rounds, so that what
 * else runs on the machine matters less. Signatures are not verified here: that is for new messages alone, and comes after.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { FastIds } from '../../src/fast-ids.ts'
import { InboundRpc } from '../../src/inbound-rpc.ts'
import { MessagePolicy } from '../../src/message-policy.ts'
import { createIdHash } from '../../src/router/message-id.ts'
import { createRandom } from '../../src/router/random.ts'
import { SeenCache, UNSEEN, VALID } from '../../src/router/seen-cache.ts'
import { StrictNoSign, StrictSign } from '../../src/signature-policy.ts'
import { defaultDecodeRpcLimits } from '../../src/wire/decode.ts'
import { frameRpc } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import type { InboundRpcInit } from '../../src/inbound-rpc.ts'
import type { MessagePolicyInit } from '../../src/message-policy.ts'

const TOPIC = '/eth2/01020304/beacon_attestation_17/ssz_snappy'
const COPIES = 3
const ROUNDS = 40
const MAX_FRAME_BYTES = 4 * 1_024 * 1_024

const random = createRandom(1)
const hash = createIdHash(random)
const privateKey = await generateKeyPair('Ed25519')

type Path = Omit<MessagePolicyInit, 'privateKey'>

/** A string, as that of an application that hashes the data. */
const fastMsgIdFn: Path['fastMsgIdFn'] = ({ data }) => data == null ? '0' : `${data[0] << 16 | data[1] << 8 | data[2]}${data[3] << 16 | data[4] << 8 | data[5]}`
const msgIdFn: Path['msgIdFn'] = ({ data }) => data.subarray(0, 20)
const paths: Record<string, Path> = {
  'default id, StrictSign': { signaturePolicy: StrictSign },
  'msgIdFn, StrictNoSign': { signaturePolicy: StrictNoSign, msgIdFn },
  'fastMsgIdFn and msgIdFn, StrictNoSign': {
    signaturePolicy: StrictNoSign,
    msgIdFn,
    fastMsgIdFn
  },
  'the same with an inboundTransform': {
    signaturePolicy: StrictNoSign,
    msgIdFn,
    fastMsgIdFn,
    dataTransform: { inboundTransform: (_topic, data) => data.slice(), outboundTransform: (_topic, data) => data }
  }
}

for (const [name, path] of Object.entries(paths)) {
  await bench(name, path, 250, 4_000)
}
for (const [name, path] of Object.entries(paths)) {
  await bench(name, path, 128 * 1_024, 100)
}

benchControl()

async function bench (name: string, path: Path, dataBytes: number, count: number): Promise<void> {
  const chunks = await frames(path, dataBytes, count)
  const policy = new MessagePolicy({ ...path, privateKey: await generateKeyPair('Ed25519') })
  const unique: number[] = []
  const copy: number[] = []

  for (let round = 0; round < ROUNDS; round++) {
    const pass = passesOf(policy)
    unique.push(time(() => { pass(chunks) }))

    for (let i = 0; i < COPIES; i++) {
      copy.push(time(() => { pass(chunks) }))
    }
  }

  print(`${dataBytes} B, ${name}`, `unique ${ns(best(unique) / count)}, copy ${ns(best(copy) / count)}, garbage of a copy ${garbage(passesOf(policy), chunks)}`)
}

function garbage (pass: (chunks: Uint8Array[]) => void, chunks: Uint8Array[]): string {
  pass(chunks)
  void globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  pass(chunks)

  return `${((process.memoryUsage().heapUsed - before) / chunks.length).toFixed(0)} B`
}

/** One pass of all frames. The router takes what is new as valid at once. */
function passesOf (policy: MessagePolicy): (chunks: Uint8Array[]) => void {
  const seen = new SeenCache({ ttlMs: 1e9, maxIds: 1e6 })
  const init: InboundRpcInit = {
    limits: defaultDecodeRpcLimits,
    policy,
    hash,
    fastIds: new FastIds(hash),
    seen: key => seen.status(key) !== UNSEEN,
    wantsDuplicateIds: () => false,
    maxMessageBytes: () => Infinity,
    onRpc: ({ messages }) => {
      for (const { id } of messages) {
        seen.add(hash.of(id), VALID, 0)
      }
    },
    onDrop: reason => { throw new Error(reason) },
    onReject: () => { throw new Error('A message was rejected') }
  }
  const decoder = new FrameDecoder(MAX_FRAME_BYTES)

  return chunks => {
    for (const chunk of chunks) {
      for (const frame of decoder.push(chunk)) {
        const job = new InboundRpc('peer', frame, init)
        job.run(64)

        if (!job.isDone) {
          throw new Error('A frame was not worked off')
        }
      }
    }
  }
}

async function frames (path: Path, dataBytes: number, count: number): Promise<Uint8Array[]> {
  const policy = new MessagePolicy({ signaturePolicy: path.signaturePolicy, privateKey, msgIdFn: path.msgIdFn })

  return Promise.all(Array.from({ length: count }, async () => {
    const data = new Uint8Array(dataBytes).map((_, i) => i < 64 ? random.below(256) : i)

    return (await policy.build(TOPIC, data)).frame.slice()
  }))
}

/** The control messages of a heartbeat, and the one that is by far the most frequent. */
function benchControl (): void {
  const id = (): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: 20 }, () => random.below(256))
  const none = { iwant: [], graft: [], prune: [], ihave: [], idontwant: [] }
  const controls: Record<string, RPC.ControlMessage> = {
    'an IDONTWANT': { ...none, idontwant: [{ messageIDs: [id()] }] },
    'a GRAFT': { ...none, graft: [{ topicID: TOPIC }] },
    'an IHAVE of 1,000 ids': { ...none, ihave: [{ topicID: TOPIC, messageIDs: Array.from({ length: 1_000 }, id) }] }
  }

  for (const [name, control] of Object.entries(controls)) {
    const [chunk] = frameRpc({ control })
    const [body] = new FrameDecoder(MAX_FRAME_BYTES).push(chunk)
    const count = name.includes('1,000') ? 500 : 20_000
    const pass = passesOf(new MessagePolicy({ signaturePolicy: StrictNoSign, privateKey }))
    const chunks = new Array<Uint8Array>(count).fill(chunk.subarray())
    const ours = best(Array.from({ length: ROUNDS }, () => time(() => { pass(chunks) }))) / count
    const theirs = best(Array.from({ length: ROUNDS }, () => time(() => { chunks.forEach(() => RPC.decode(body)) }))) / count

    print(name, `frame to event ${ns(ours)}; the generated codec, from a frame that is cut out: ${ns(theirs)}`)
  }
}

function best (numbers: number[]): number {
  return Math.min(...numbers)
}

function time (run: () => void): number {
  const start = performance.now()
  run()

  return (performance.now() - start) * 1e6
}

function ns (value: number): string {
  return `${value.toFixed(0)} ns`
}

function print (what: string, figures: string): void {
  process.stdout.write(`${what}: ${figures}\n`)
}
