import { expect } from 'aegir/chai'
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
