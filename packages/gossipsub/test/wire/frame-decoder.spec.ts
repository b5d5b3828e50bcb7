import { expect } from 'aegir/chai'
import { encode } from 'it-length-prefixed'
import { Uint8ArrayList } from 'uint8arraylist'
import { WireError } from '../../src/errors.ts'
import { createRandom } from '../../src/router/random.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { randomBytes, seed } from '../fixtures/seeded.ts'

const MAX = 300_000

function framed (...bodies: Uint8Array[]): Uint8Array {
  return new Uint8ArrayList(...bodies.map(body => encode.single(body))).slice()
}

describe('cutting a stream into frames', () => {
  it('gives the frames of one piece as views of it', () => {
    const bytes = framed(Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3))
    const frames = new FrameDecoder(MAX).push(bytes)

    expect(frames).to.deep.equal([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])
    expect(frames[0].buffer).to.equal(bytes.buffer)
  })

  it('gives the frames before one that is too long, and says what ended it', () => {
    const decoder = new FrameDecoder(10)
    const frames = decoder.push(framed(Uint8Array.of(1), Uint8Array.of(2), new Uint8Array(11)))

    expect(frames).to.deep.equal([Uint8Array.of(1), Uint8Array.of(2)])
    expect(decoder.failure).to.be.an.instanceOf(WireError)
    expect(() => decoder.push(Uint8Array.of(0))).to.throw(WireError)
  })

  it('gives the same frames however the bytes are cut', () => {
    const random = createRandom(seed())
    const bodies = [0, 1, 127, 128, 5_000, 16_383, 16_384, 200_000].map(length => new Uint8Array(length).fill(length & 0xff))
    const bytes = framed(...bodies)

    for (const maxChunk of [1_000, 5_000, 70_000, bytes.length]) {
      const decoder = new FrameDecoder(MAX)
      const frames: Uint8Array[] = []

      for (let offset = 0; offset < bytes.length;) {
        const end = offset + 1 + random.below(maxChunk)
        frames.push(...decoder.push(bytes.subarray(offset, end)))
        offset = end
      }

      expect(frames).to.deep.equal(bodies)
    }
  })

  it('has the pieces of a large frame, once, unless they are small', () => {
    const decoder = new FrameDecoder(MAX)
    const bytes = framed(new Uint8Array(100_000).fill(1), new Uint8Array(100).fill(2))
    const [large, small] = [bytes.subarray(0, 60_000), bytes.subarray(60_000)].flatMap(part => decoder.push(part))
    const pieces = decoder.takePieces(large)?.part(0, large.length)

    expect([...pieces ?? []].map(({ buffer, length }) => [buffer, length])).to.deep.equal([[bytes.buffer, 60_000 - 3], [bytes.buffer, 40_000 + 3]])
    expect(decoder.takePieces(large)).to.equal(undefined)
    expect(decoder.takePieces(small)).to.equal(undefined)

    const [whole] = decoder.push(framed(large))
    expect([...decoder.takePieces(whole)?.part(0, whole.length) ?? []].map(({ buffer }) => buffer)).to.deep.equal([whole.buffer])

    const [frame] = Array.from({ length: 100 }, (_, i) => bytes.subarray(i * 1_000, (i + 1) * 1_000)).concat(bytes.subarray(100_000)).flatMap(part => decoder.push(part))
    expect(frame).to.deep.equal(large)
    expect(decoder.takePieces(frame)).to.equal(undefined)
  })

  it('takes single bytes', () => {
    const decoder = new FrameDecoder(MAX)
    const frames = [...framed(new Uint8Array(200).fill(7))].flatMap(byte => decoder.push(Uint8Array.of(byte)))

    expect(frames).to.deep.equal([new Uint8Array(200).fill(7)])
  })

  it('takes lists of pieces, and Node.js buffers as plain bytes', () => {
    const bytes = framed(Uint8Array.of(1, 2, 3))
    const list = new Uint8ArrayList(bytes.subarray(0, 2), Buffer.from(bytes.subarray(2)))
    const [frame] = new FrameDecoder(MAX).push(list)

    expect(frame).to.deep.equal(Uint8Array.of(1, 2, 3))
    expect(new FrameDecoder(MAX).push(Buffer.from(bytes))[0]).to.deep.equal(Uint8Array.of(1, 2, 3))
  })

  it('does not touch bytes of a frame that it gave before', () => {
    const decoder = new FrameDecoder(MAX)
    const bytes = framed(new Uint8Array(5_000).fill(1), new Uint8Array(5_000).fill(2))
    const frames = [bytes.subarray(0, 4_000), bytes.subarray(4_000, 8_000), bytes.subarray(8_000)].flatMap(part => decoder.push(part))

    expect(frames.map(frame => frame.every(byte => byte === frame[0]))).to.deep.equal([true, true])
  })

  it('takes the longest frame and refuses a longer one by its prefix', () => {
    expect(new FrameDecoder(128).push(framed(new Uint8Array(128)))).to.have.lengthOf(1)
    expect(() => new FrameDecoder(128).push(Uint8Array.of(0x81, 0x01))).to.throw(WireError).with.property('code', 'ERR_FRAME_TOO_LARGE')
  })

  it('refuses a prefix without an end', () => {
    expect(() => new FrameDecoder(MAX).push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).to.throw(WireError).with.property('code', 'ERR_MALFORMED_FRAME')
  })

  it('by chance: frames or the typed error, never anything else', () => {
    const random = createRandom(seed())

    for (let i = 0; i < 2_000; i++) {
      const decoder = new FrameDecoder(1_000)

      try {
        for (let j = 0; j < 5; j++) {
          for (const frame of decoder.push(randomBytes(random, 50))) {
            expect(frame.length).to.be.at.most(1_000)
          }
        }
      } catch (err) {
        expect(err).to.be.instanceOf(WireError, `SEED=${seed()}`)
      }
    }
  })
})
