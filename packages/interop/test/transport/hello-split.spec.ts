import { expect } from 'aegir/chai'
import { cryptoRanges, dividedHello } from '../../src/transport/crypto-ranges.ts'
import { initialsBeforeHandshake } from '../../src/transport/hello-split.ts'

function record (name: string, type: string, number: number): string {
  return `\u001e${JSON.stringify({ time: 0, name: `transport:${name}`, data: { header: { packet_type: type, packet_number: number } } })}\n`
}

const HEADER = '\u001e{"qlog_version":"0.3"}\n'

describe('Initial packets before a server can answer', () => {
  it('are counted until its first Handshake packet', () => {
    expect(initialsBeforeHandshake([
      HEADER, record('packet_received', 'initial', 0), record('packet_received', 'initial', 1), record('packet_sent', 'initial', 0),
      record('packet_sent', 'handshake', 0), record('packet_received', 'initial', 2)
    ].join(''))).to.equal(2)
  })

  it('are one when one held the hello', () => {
    expect(initialsBeforeHandshake([
      HEADER, record('packet_received', 'initial', 0), record('packet_sent', 'initial', 0), record('packet_sent', 'handshake', 0),
      record('packet_received', 'initial', 1)
    ].join(''))).to.equal(1)
  })

  it('are not known while it has not answered, or the last record is not whole', () => {
    expect(initialsBeforeHandshake(HEADER + record('packet_received', 'initial', 0))).to.equal(undefined)
    expect(initialsBeforeHandshake(HEADER + record('packet_received', 'initial', 0) + record('packet_sent', 'handshake', 0).slice(0, -2))).to.equal(undefined)
  })
})

/** As tshark has it: what is there once is no list. */
function frame (...packets: Array<{ type: string, ranges: Array<[number, number]> }>): unknown {
  const quic = packets.map(({ type, ranges }) => {
    const frames = [...ranges.map(([offset, length]) => ({ 'quic.crypto.offset': String(offset), 'quic.crypto.length': String(length) })), { 'quic.frame_type': '0' }]

    return { 'quic.long.packet_type': type, 'quic.frame': frames.length === 1 ? frames[0] : frames }
  })

  return { _source: { layers: { quic: quic.length === 1 ? quic[0] : quic } } }
}

function initial (...ranges: Array<[number, number]>): { type: string, ranges: Array<[number, number]> } {
  return { type: '0', ranges }
}

describe('the hello of a capture', () => {
  it('is divided when no packet has all of it', () => {
    const frames = [frame(initial([0, 1_100])), frame(initial([1_100, 400])), frame(initial())]

    expect(dividedHello(cryptoRanges(frames))).to.deep.equal({ packets: 2, bytes: 1_500, isSplit: true })
  })

  it('is divided when its packets are in one frame, or its parts in any order', () => {
    expect(dividedHello(cryptoRanges([frame(initial([0, 1_100]), initial([1_100, 400]))]))).to.include({ isSplit: true })
    expect(dividedHello(cryptoRanges([frame(initial([0, 100], [1_300, 200])), frame(initial([100, 1_200]))]))).to.include({ bytes: 1_500, isSplit: true })
  })

  it('is not divided when one packet has all of it, though it comes twice', () => {
    expect(dividedHello(cryptoRanges([frame(initial([0, 300])), frame(initial([0, 300]))]))).to.include({ packets: 2, isSplit: false })
    expect(dividedHello(cryptoRanges([frame(initial([200, 100], [0, 200]))]))).to.include({ bytes: 300, isSplit: false })
  })

  it('is in Initial packets alone', () => {
    expect(cryptoRanges([frame({ type: '2', ranges: [[0, 600]] }), { _source: { layers: {} } }])).to.deep.equal([])
  })

  it('must be there, and whole', () => {
    expect(() => dividedHello([])).to.throw('not all of a hello')
    expect(() => dividedHello(cryptoRanges([frame(initial([1_100, 400]))]))).to.throw('not all of a hello')
  })
})
