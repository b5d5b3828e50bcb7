/**
 * The bounds of what is read, from below and from above: at the limit it is taken, one more is refused, and nothing large is allocated
 * before it is.
 */
import { expect } from 'aegir/chai'
import { WireError } from '../../src/errors.ts'
import { createRandom } from '../../src/router/random.ts'
import { decodeRpc, defaultDecodeRpcLimits } from '../../src/wire/decode.ts'
import { FrameBuffers } from '../../src/wire/frame-buffers.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { seeds } from '../router/seeds.ts'
import { join, varint } from './corpus/fields.ts'
import { fromHex } from './corpus/hex.ts'
import type { WireErrorCode } from '../../src/errors.ts'
import type { DecodedRpc, DecodeRPCLimits } from '../../src/wire/decode.ts'

const { maxSubscriptions, maxMessages, maxIhaveMessageIDs, maxIwantMessageIDs, maxIdontwantMessageIDs, maxControlMessages, maxPeerInfos } = defaultDecodeRpcLimits

/** A length-delimited field. */
function field (number: number, content: Uint8Array | number[]): Uint8Array {
  return Uint8Array.from([...varint(number << 3 | 2), ...varint(content.length), ...content])
}

function repeated (bytes: Uint8Array, count: number): Uint8Array {
  const whole = new Uint8Array(bytes.length * count)

  for (let i = 0; i < count; i++) {
    whole.set(bytes, i * bytes.length)
  }

  return whole
}

/** A list of so many elements, `element` each, in field `listField` of one control message of kind `kind`. */
function listOf (kind: number, element: string): (count: number) => Uint8Array {
  return count => field(3, field(kind, repeated(fromHex(element), count)))
}

/** So many control messages of one kind. */
function controlsOf (kind: number, content: string): (count: number) => Uint8Array {
  return count => field(3, repeated(field(kind, fromHex(content)), count))
}

interface Limited {
  limit: keyof DecodeRPCLimits
  is: number
  frame(count: number): Uint8Array
  count(rpc: DecodedRpc): number | undefined
}

const ID = '0a 01 ff'

const lists: Record<string, Limited> = {
  subscriptions: {
    limit: 'maxSubscriptions',
    is: maxSubscriptions,
    frame: count => repeated(fromHex('0a 05  08 01  12 01 74'), count),
    count: rpc => rpc.subscriptions.length
  },
  messages: {
    limit: 'maxMessages',
    is: maxMessages,
    frame: count => repeated(fromHex('12 03  22 01 74'), count),
    count: rpc => rpc.messages.length
  },
  'ids of an IHAVE': {
    limit: 'maxIhaveMessageIDs',
    is: maxIhaveMessageIDs,
    frame: listOf(1, '12 01 ff'),
    count: rpc => rpc.control?.ihave[0].messageIDs.length
  },
  'ids of an IWANT': {
    limit: 'maxIwantMessageIDs',
    is: maxIwantMessageIDs,
    frame: listOf(2, ID),
    count: rpc => rpc.control?.iwant[0].messageIDs.length
  },
  'ids of an IDONTWANT': {
    limit: 'maxIdontwantMessageIDs',
    is: maxIdontwantMessageIDs,
    frame: listOf(5, ID),
    count: rpc => rpc.control?.idontwant[0].messageIDs.length
  },
  'peers of a PRUNE': {
    limit: 'maxPeerInfos',
    is: maxPeerInfos,
    frame: listOf(4, '12 03  0a 01 ff'),
    count: rpc => rpc.control?.prune[0].peers.length
  },
  IHAVEs: {
    limit: 'maxControlMessages',
    is: maxControlMessages,
    frame: controlsOf(1, '0a 01 74'),
    count: rpc => rpc.control?.ihave.length
  },
  IWANTs: {
    limit: 'maxControlMessages',
    is: maxControlMessages,
    frame: controlsOf(2, ID),
    count: rpc => rpc.control?.iwant.length
  },
  GRAFTs: {
    limit: 'maxControlMessages',
    is: maxControlMessages,
    frame: controlsOf(3, '0a 01 74'),
    count: rpc => rpc.control?.graft.length
  },
  PRUNEs: {
    limit: 'maxControlMessages',
    is: maxControlMessages,
    frame: controlsOf(4, '0a 01 74  18 3c'),
    count: rpc => rpc.control?.prune.length
  },
  IDONTWANTs: {
    limit: 'maxControlMessages',
    is: maxControlMessages,
    frame: controlsOf(5, ID),
    count: rpc => rpc.control?.idontwant.length
  }
}

const MEBIBYTE = 1_024 * 1_024

/** What is allocated at most while a frame is refused: a list up to its limit, and what the runtime happens to do. */
const ALLOWED_BYTES = 8 * MEBIBYTE

/** Bytes that are allocated after it, less those that were before. */
function allocatedBy (action: () => void): number {
  const before = allocated()
  action()

  return allocated() - before
}

function allocated (): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()

  return heapUsed + arrayBuffers
}

function expectRefused (frame: Uint8Array, code: WireErrorCode, limits?: DecodeRPCLimits): void {
  expect(() => decodeRpc(frame, limits)).to.throw(WireError).with.property('code', code)
}

describe('the limit of each list', () => {
  for (const [name, { limit, is, frame, count }] of Object.entries(lists)) {
    it(`${name}: ${is} are taken, one more is not`, () => {
      expect(count(decodeRpc(frame(is)))).to.equal(is)
      expectRefused(frame(is + 1), 'ERR_RPC_OVER_LIMIT')
    })

    it(`${name}: ${limit} may be set to any number, to none as well`, () => {
      for (const most of [0, 1, 7]) {
        const limits = { ...defaultDecodeRpcLimits, [limit]: most }

        if (most > 0) {
          expect(count(decodeRpc(frame(most), limits))).to.equal(most)
        }

        expectRefused(frame(most + 1), 'ERR_RPC_OVER_LIMIT', limits)
      }
    })

    it(`${name}: of a hundred times as many, none beyond the limit is made`, () => {
      const tooMany = frame(100 * is)

      expect(allocatedBy(() => { expectRefused(tooMany, 'ERR_RPC_OVER_LIMIT') })).to.be.below(ALLOWED_BYTES)
    })
  }

  it('each kind of control message has its own', () => {
    const each = [1, 2, 3, 4, 5].map(kind => repeated(field(kind, []), maxControlMessages))
    const frame = field(3, each.flatMap(bytes => [...bytes]))
    const control = decodeRpc(frame).control

    expect(Object.values(control ?? {}).map(list => list.length)).to.deep.equal(new Array(5).fill(maxControlMessages))
  })

  it('holds in the last list, and nothing of the lists before it comes through', () => {
    const frame = Uint8Array.from([...fromHex('0a 05  08 01  12 01 74'), ...fromHex('12 03  22 01 74'), ...lists.PRUNEs.frame(3), ...lists['peers of a PRUNE'].frame(maxPeerInfos + 1)])

    expectRefused(frame, 'ERR_RPC_OVER_LIMIT')
  })
})

describe('a few bytes that promise much', () => {
  // 2^28 - 1 and 2^28 elements or bytes, 2^32 - 1, and 2^35 - 1
  for (const length of ['ff ff ff 7f', '80 80 80 80 01', 'ff ff ff ff 0f', 'ff ff ff ff 7f']) {
    const frames: Record<string, string> = {
      'a subscription': `0a ${length} 08 01`,
      'a message': `12 ${length} 22 01 74`,
      'data of a message': nested(['12', '12'], length),
      'control messages': `1a ${length} 0a 00`,
      'an IHAVE': nested(['1a', '0a'], length),
      'an id of an IHAVE': nested(['1a', '0a', '12'], length),
      'an id of an IWANT': nested(['1a', '12', '0a'], length),
      'an id of an IDONTWANT': nested(['1a', '2a', '0a'], length),
      'the topic of a GRAFT': nested(['1a', '1a', '0a'], length),
      'the peers of a PRUNE': nested(['1a', '22', '12'], length),
      'the record of a peer': nested(['1a', '22', '12', '12'], length),
      'a field that nobody knows': `7a ${length} 00`
    }

    for (const [name, hex] of Object.entries(frames)) {
      it(`${name}, of the length ${length}`, () => {
        const frame = fromHex(hex)

        expect(allocatedBy(() => { expectRefused(frame, 'ERR_MALFORMED_RPC') })).to.be.below(ALLOWED_BYTES)
      })
    }
  }

  /** Messages in each other, of which the innermost has one byte and that length. */
  function nested (tags: string[], length: string): string {
    const [last, ...outer] = [...tags].reverse()

    return outer.reduce((content, tag) => `${tag} ${byteCount(content)} ${content}`, `${last} ${length} 00`)
  }

  function byteCount (hex: string): string {
    return hex.split(' ').length.toString(16).padStart(2, '0')
  }
})

describe('the length of a frame', () => {
  const LIMIT = 4 * MEBIBYTE

  it('is taken with a prefix of one to four bytes, at both ends of each', () => {
    for (const length of [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, LIMIT]) {
      const decoder = new FrameDecoder(LIMIT)
      const body = new Uint8Array(length).fill(7)
      const frames = [...decoder.push(Uint8Array.from(varint(length))), ...decoder.push(body)]

      expect(frames).to.have.lengthOf(1)
      expect(Buffer.compare(frames[0], body)).to.equal(0)
    }
  })

  it('is limited exactly, whatever the limit', () => {
    for (const limit of [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x20_0000]) {
      const decoder = new FrameDecoder(limit)
      const frames = [...decoder.push(Uint8Array.from(varint(limit))), ...decoder.push(new Uint8Array(limit))]

      expect(frames.map(frame => frame.length)).to.deep.equal([limit])
      expect(() => new FrameDecoder(limit).push(Uint8Array.from(varint(limit + 1)))).to.throw(WireError).with.property('code', 'ERR_FRAME_TOO_LARGE')
    }
  })

  it('is refused with the last byte of its prefix, and not before', () => {
    const decoder = new FrameDecoder(LIMIT)

    for (const byte of varint(LIMIT + 1).slice(0, -1)) {
      expect(decoder.push(Uint8Array.of(byte))).to.deep.equal([])
    }

    expect(() => decoder.push(Uint8Array.from(varint(LIMIT + 1).slice(-1)))).to.throw(WireError).with.property('code', 'ERR_FRAME_TOO_LARGE')
  })

  it('may be written in more bytes than it needs, up to four', () => {
    for (const prefix of ['02', '82 00', '82 80 00', '82 80 80 00']) {
      expect(new FrameDecoder(LIMIT).push(fromHex(`${prefix} a1 a2`))).to.deep.equal([fromHex('a1a2')])
    }

    expect(() => new FrameDecoder(LIMIT).push(fromHex('82 80 80 80 00'))).to.throw(WireError).with.property('code', 'ERR_MALFORMED_FRAME')
  })

  it('nought is an empty frame, and many are many', () => {
    const frames = new FrameDecoder(LIMIT).push(new Uint8Array(1_000))

    expect(frames).to.have.lengthOf(1_000)
    expect(frames.every(frame => frame.length === 0)).to.be.true()
  })
})

describe('frames that come slowly', () => {
  const MAX = 4 * MEBIBYTE

  it('byte by byte they are the same, and one holds no more memory than its bytes', () => {
    const body = Uint8Array.from({ length: 70_000 }, (_, i) => i & 0xff)
    const stream = Uint8Array.from([0, ...varint(3), 1, 2, 3, ...varint(body.length), ...body, ...varint(1), 9, 0])
    const decoder = new FrameDecoder(MAX)
    const frames = [...stream].flatMap(byte => decoder.push(Uint8Array.of(byte)))

    expect(frames).to.deep.equal([new Uint8Array(0), Uint8Array.of(1, 2, 3), body, Uint8Array.of(9), new Uint8Array(0)])
    expect(frames[2].buffer.byteLength).to.equal(body.length)
  })

  for (const seed of seeds()) {
    it(`those that are kept stay as they were, while the memory of others serves again (seed ${seed})`, () => {
      const random = createRandom(seed)
      const buffers = new FrameBuffers()
      const decoders = Array.from({ length: 3 }, () => new FrameDecoder(MAX, buffers))
      const kept: Array<{ frame: Uint8Array, fill: number }> = []
      const memory = new Set<ArrayBufferLike>()

      // bytes are handed out in turn, as streams of several peers do
      const streams = decoders.map((_, i) => join(Array.from({ length: 40 }, (_, n) => {
        const body = new Uint8Array(random.below(3) === 0 ? random.below(100) : random.below(20_000)).fill(3 * n + i & 0xff)

        return join([varint(body.length), body])
      })))
      const counts = decoders.map(() => 0)

      for (let at = streams.map(() => 0); at.some((offset, i) => offset < streams[i].length);) {
        at = at.map((offset, i) => {
          const end = offset + 1 + random.below(5_000)

          for (const frame of decoders[i].push(streams[i].slice(offset, end))) {
            const fill = 3 * counts[i]++ + i & 0xff
            expect(frame.every(byte => byte === fill)).to.equal(true, `SEED=${seed}`)
            memory.add(frame.buffer)

            if (random.below(4) === 0) {
              kept.push({ frame, fill })
            } else {
              decoders[i].recycle(frame)
            }
          }

          return end
        })
      }

      expect(counts).to.deep.equal([40, 40, 40])
      // about 55; without recycling 100
      expect(memory.size).to.be.below(80)
      expect(kept.every(({ frame, fill }) => frame.every(byte => byte === fill))).to.equal(true, `SEED=${seed}`)
    })
  }

  it('a thousand streams that promise 4 MiB and send little hold little', () => {
    const decoders = Array.from({ length: 1_000 }, () => new FrameDecoder(MAX))
    const held = allocatedBy(() => {
      for (const decoder of decoders) {
        decoder.push(Uint8Array.from(varint(MAX)))
        decoder.push(new Uint8Array(10))
      }
    })

    expect(held).to.be.below(16 * MEBIBYTE)
    expect(decoders.every(decoder => decoder.failure == null)).to.be.true()
  })

  it('holds in proportion to what has come, however much is promised', () => {
    const decoder = new FrameDecoder(256 * MEBIBYTE)
    const chunk = new Uint8Array(16 * 1_024)
    const held = allocatedBy(() => {
      decoder.push(Uint8Array.from(varint(256 * MEBIBYTE - 1)))

      for (let i = 0; i < 64; i++) {
        decoder.push(chunk)
      }
    })

    // a megabyte has come, and room for eight times as much may be there
    expect(held).to.be.below(8 * MEBIBYTE + ALLOWED_BYTES)
  })
})
