import { expect } from 'aegir/chai'
import { HEADER_BYTES, MalformedPayloadError, decodePayload, digestLine, encodePayload } from '../src/payload.ts'

describe('payload', () => {
  it('comes back as it was', () => {
    const line = Uint8Array.from([0, 10, 255])
    const payload = { seq: 2 ** 40, sentAtNs: 2n ** 60n, line }

    expect(decodePayload(encodePayload(payload))).to.deep.equal(payload)
  })

  it('carries an empty line', () => {
    const data = encodePayload({ seq: 0, sentAtNs: 1n, line: new Uint8Array(0) })

    expect(data).to.have.lengthOf(HEADER_BYTES)
    expect(decodePayload(data).line).to.have.lengthOf(0)
  })

  it('refuses data that is shorter than a header', () => {
    expect(() => decodePayload(new Uint8Array(HEADER_BYTES - 1))).to.throw(MalformedPayloadError).with.property('code', 'ERR_MALFORMED_PAYLOAD')
  })

  it('refuses a sequence number that is out of range', () => {
    expect(() => decodePayload(new Uint8Array(HEADER_BYTES).fill(255))).to.throw(MalformedPayloadError)
  })

  it('has a digest that tells lines apart and fits a number', () => {
    expect(digestLine(Uint8Array.of(1))).to.equal(digestLine(Uint8Array.of(1)))
    expect(digestLine(Uint8Array.of(1))).to.not.equal(digestLine(Uint8Array.of(2)))
    expect(Number.isSafeInteger(digestLine(new Uint8Array(0)))).to.be.true()
  })
})
