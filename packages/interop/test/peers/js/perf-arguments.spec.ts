import { expect } from 'aegir/chai'
import { readArguments, toMultiaddr } from '../../../peers/js/perf/arguments.ts'

const SERVER = ['--run-server', '--server-address', '0.0.0.0:4001']
const CLIENT = ['--server-address', '127.0.0.1:4001', '--transport', 'quic-v1', '--upload-bytes', '10', '--download-bytes', '20']

describe('arguments of perf', () => {
  it('are those of a server on both transports', () => {
    expect(readArguments(SERVER)).to.deep.equal({ isServer: true, address: { ip: '0.0.0.0', port: 4001 }, transports: ['quic-v1', 'tcp'] })
  })

  it('are those of a server on one transport', () => {
    expect(readArguments([...SERVER, '--transport', 'tcp'])).to.deep.include({ transports: ['tcp'] })
  })

  it('are those of a client', () => {
    expect(readArguments(CLIENT)).to.deep.equal({
      isServer: false, address: { ip: '127.0.0.1', port: 4001 }, transport: 'quic-v1', uploadBytes: 10, downloadBytes: 20
    })
  })

  it('become an address without a peer id', () => {
    expect(toMultiaddr({ ip: '127.0.0.1', port: 1 }, 'quic-v1')).to.equal('/ip4/127.0.0.1/udp/1/quic-v1')
    expect(toMultiaddr({ ip: '::1', port: 1 }, 'tcp')).to.equal('/ip6/::1/tcp/1')
    expect(readArguments(['--run-server', '--server-address', '[::1]:80'])).to.deep.include({ address: { ip: '::1', port: 80 } })
  })

  const refused: Array<[what: string, args: string[], message: RegExp]> = [
    ['none', [], /--server-address is missing/],
    ['an unknown one', [...CLIENT, '--fast'], /--fast/],
    ['a word too much', [...CLIENT, 'now'], /now/],
    ['a transport that there is not', ['--transport', 'webtransport', ...SERVER], /--transport webtransport is unsupported: there are quic-v1 and tcp/],
    ['a client without a transport', CLIENT.toSpliced(2, 2), /--transport is missing/],
    ['a client without an upload', CLIENT.toSpliced(4, 2), /--upload-bytes is missing/],
    ['a client without a download', CLIENT.toSpliced(6, 2), /--download-bytes is missing/],
    ['a server with an upload', [...SERVER, '--upload-bytes', '1'], /--upload-bytes is for the client/],
    ['an address without a port', ['--run-server', '--server-address', '0.0.0.0'], /--server-address must be/],
    ['a port that there is not', ['--run-server', '--server-address', '0.0.0.0:65536'], /--server-address must be/],
    ['a host name', ['--run-server', '--server-address', 'localhost:4001'], /--server-address must be/],
    ['half a byte', CLIENT.with(5, '0.5'), /--upload-bytes must be a number of bytes, not 0\.5/],
    ['bytes below nothing', CLIENT.with(7, '-1'), /download-bytes/],
    ['more bytes than can be counted', CLIENT.with(5, '9007199254740992'), /--upload-bytes must be a number of bytes/]
  ]

  for (const [what, args, message] of refused) {
    it(`refuse ${what}`, () => {
      expect(() => readArguments(args)).to.throw(message).with.property('name', 'ArgumentError')
    })
  }
})
