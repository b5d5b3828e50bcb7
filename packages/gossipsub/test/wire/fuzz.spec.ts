/**
 * Frames that are random, and frames of the corpus and real ones with changes, through the decoder and the whole inbound path: nothing but the
 * typed error is thrown, what is read means one thing to all parts of the code, and no change gets under a genuine signature. Which frames are
 * to be taken is tested in differential.spec.ts.
 *
 * FUZZ_SECONDS=600 goes on for so long with each seed, beyond the few hundred frames of a usual run; SEED=7 takes that seed alone. A frame that
 * fails is printed: it goes into corpus/frames.ts, which is replayed first.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { WireError } from '../../src/errors.ts'
import { FastIds } from '../../src/fast-ids.ts'
import { InboundRpc } from '../../src/inbound-rpc.ts'
import { MessagePolicy } from '../../src/message-policy.ts'
import { createIdHash } from '../../src/router/message-id.ts'
import { createRandom } from '../../src/router/random.ts'
import { StrictSign } from '../../src/signature-policy.ts'
import { decodeRpc, defaultDecodeRpcLimits, scanRpc, withoutSignature } from '../../src/wire/decode.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { randomRpc } from '../fixtures/rpc.ts'
import { randomBytes } from '../fixtures/seeded.ts'
import { seeds } from '../router/seeds.ts'
import { corpus, corpusFrames } from './corpus/frames.ts'
import { fromHex, toHex } from './corpus/hex.ts'
import { mutatedFrame } from './corpus/mutations.ts'
import type { Random } from '../../src/router/random.ts'
import type { ShellMessage } from '../../src/shell-message.ts'
import type { DecodedMessage, DecodedRpc } from '../../src/wire/decode.ts'

const FRAMES_PER_SEED = 1_000
const SIGNED_FRAMES_PER_SEED = 500
const FUZZ_MS = Number(process.env.FUZZ_SECONDS ?? 0) * 1_000

/** Beside the time that is asked for. */
const TIMEOUT_MS = 60_000

describe('fuzzing the decoder', function () {
  this.timeout(TIMEOUT_MS + FUZZ_MS)

  for (const { what, hex } of corpus) {
    it(`kept: ${what}`, () => {
      expect(check(fromHex(hex))).to.be.oneOf(['read', 'refused'])
    })
  }

  for (const seed of seeds()) {
    it(`frames by chance are refused with the typed error, or mean one thing, seed ${seed}`, () => {
      const random = createRandom(seed)
      const count = { read: 0, refused: 0 }

      forAWhile(FRAMES_PER_SEED, () => {
        const frame = randomFrame(random)
        count[witness(seed, frame, () => check(frame))]++
      })

      expect(count.read).to.be.above(FRAMES_PER_SEED / 20)
      expect(count.refused).to.be.above(FRAMES_PER_SEED / 20)
    })
  }
})

describe('fuzzing signed messages', function () {
  this.timeout(TIMEOUT_MS + FUZZ_MS)

  for (const seed of seeds()) {
    it(`no change gets under a genuine signature, seed ${seed}`, async () => {
      const random = createRandom(seed)
      const policy = new MessagePolicy({ signaturePolicy: StrictSign, privateKey: await generateKeyPair('Ed25519') })
      const { frames, meanings } = await genuine()
      let verified = 0

      forAWhile(SIGNED_FRAMES_PER_SEED, () => {
        const frame = mutatedFrame(random, random.below(8) === 0 ? corpusFrames : frames)

        witness(seed, frame, () => {
          for (const message of received(policy, frame)) {
            if (policy.verify(message) === true) {
              verified++
              expect(meanings).to.include(meaningOf(message))
            }
          }
        })
      })

      // keys, and so what the changes hit, are new each time
      expect(verified).to.be.above(SIGNED_FRAMES_PER_SEED / 50)
    })
  }
})

function randomFrame (random: Random): Uint8Array {
  return random.below(6) === 0
    ? randomBytes(random, 64)
    : mutatedFrame(random, [...corpusFrames, RPC.encode(randomRpc(random)), RPC.encode(randomRpc(random))])
}

function check (frame: Uint8Array): 'read' | 'refused' {
  const before = frame.slice()
  const decoded = decodedOrRefused(frame)
  expect(frame).to.deep.equal(before, 'the frame was written to')

  if (decoded == null) {
    return 'refused'
  }

  const plain = toPlain(decoded)
  expect(toPlain(decodeRpc(RPC.encode(plain)))).to.deep.equal(plain, 'encoded again it has another meaning')
  decoded.messages.forEach(checkMessage)
  checkScan(frame, decoded)

  return 'read'
}

/** What is sent on is what everybody makes of the message, and so is what is verified. */
function checkMessage ({ message, encoded }: DecodedMessage): void {
  const { signature, key, ...unsigned } = message

  expect(RPC.Message.encode(message)).to.deep.equal(Uint8Array.from(encoded))
  expect(RPC.Message.encode(unsigned)).to.deep.equal(Uint8Array.from(withoutSignature(encoded)))
}

/** The scan, by which copies are told, says the same as the decoded messages do. */
function checkScan (frame: Uint8Array, { messages: decoded }: DecodedRpc): void {
  const { messages } = scanRpc(frame)
  expect(messages.count).to.equal(decoded.length)

  decoded.forEach(({ message, encoded }, i) => {
    const { from, data, seqno, topic, signature, key } = messages.messageAt(i)

    expect(RPC.Message.encode({ from, data, seqno, topic, signature, key })).to.deep.equal(Uint8Array.from(encoded))
    expect(messages.topicOf(i)).to.equal(message.topic)
    expect(messages.isCanonical(i)).to.equal(toHex(messages.bytesOf(i)) === toHex(encoded))
  })
}

/** The new messages of a frame, as the router gets them. */
function received (policy: MessagePolicy, frame: Uint8Array): ShellMessage[] {
  const messages: ShellMessage[] = []
  const hash = createIdHash(createRandom(1))
  const job = new InboundRpc('peer', frame, {
    limits: defaultDecodeRpcLimits,
    policy,
    hash,
    fastIds: new FastIds(hash),
    seen: () => false,
    wantsDuplicateIds: () => false,
    maxMessageBytes: () => Infinity,
    onRpc: event => { messages.push(...event.messages as ShellMessage[]) },
    onDrop: () => {},
    onReject: () => {}
  })

  while (!job.isDone) {
    expect(job.run(2)).to.be.a('number')
  }

  return messages
}

/** Frames of messages that were really signed, by two authors, and what these say. */
async function genuine (): Promise<{ frames: Uint8Array[], meanings: string[] }> {
  const messages: ShellMessage[] = []

  for (const type of ['Ed25519', 'secp256k1'] as const) {
    const policy = new MessagePolicy({ signaturePolicy: StrictSign, privateKey: await generateKeyPair(type) })
    messages.push(await policy.build('t', Uint8Array.of(1)), await policy.build('тема', new Uint8Array(200).fill(2)), await policy.build('t', new Uint8Array(0)))
  }

  return {
    frames: messages.map(({ frame }) => frame.slice()).map(frame => frame.slice(frame[0] < 0x80 ? 1 : 2)),
    meanings: messages.map(meaningOf)
  }
}

/** What the application sees of a message, and what the router does. */
function meaningOf ({ id, author, topic, publicMessage: message }: ShellMessage): string {
  return message.type === 'signed'
    ? [message.from.toString(), author, message.sequenceNumber, message.topic, topic, toHex(message.data), toHex(id)].join()
    : 'unsigned'
}

function decodedOrRefused (frame: Uint8Array): DecodedRpc | undefined {
  try {
    return decodeRpc(frame)
  } catch (err) {
    if (!(err instanceof WireError)) {
      throw err
    }
  }
}

function toPlain ({ subscriptions, messages, control }: DecodedRpc): RPC {
  const plain = { subscriptions, messages: messages.map(({ message }) => message) }

  return control == null ? plain : { ...plain, control }
}

function forAWhile (times: number, run: () => void): void {
  const endMs = performance.now() + FUZZ_MS

  for (let i = 0; i < times || performance.now() < endMs; i++) {
    run()
  }
}

/** A failure names the frame. */
function witness <T> (seed: number, frame: Uint8Array, run: () => T): T {
  try {
    return run()
  } catch (err) {
    throw new Error(`SEED=${seed} ${toHex(frame)}: ${String(err)}`, { cause: err })
  }
}
