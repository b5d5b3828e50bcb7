import { expect } from 'aegir/chai'
import { parsePingReport } from '../../src/transport/ping-report.ts'
import { parseRowReport } from '../../src/transport/row-report.ts'

describe('the report of a ping', () => {
  it('is one line of JSON for test-plans', () => {
    expect(parsePingReport('test-plans', '{"handshakePlusOneRTTMillis":12.5,"pingRTTMilllis":1}\n')).to.deep.equal({ handshakePlusOneRttMs: 12.5, pingRttMs: 1 })
  })

  it('is YAML for unified-testing', () => {
    expect(parsePingReport('unified', 'latency:\n  handshake_plus_one_rtt: 12.5\n  ping_rtt: 0.25\n  unit: ms\n')).to.deep.equal({ handshakePlusOneRttMs: 12.5, pingRttMs: 0.25 })
  })

  const WRONG = {
    'of nothing': '',
    'with words before it': 'connected\n{"handshakePlusOneRTTMillis":2,"pingRTTMilllis":1}\n',
    'with words after it': '{"handshakePlusOneRTTMillis":2,"pingRTTMilllis":1}\nbye\n',
    'with two l\'s': '{"handshakePlusOneRTTMillis":2,"pingRTTMillis":1}\n',
    'in text': '{"handshakePlusOneRTTMillis":"2","pingRTTMilllis":"1"}\n',
    'of no time': '{"handshakePlusOneRTTMillis":2,"pingRTTMilllis":0}\n',
    'of less than no time': '{"handshakePlusOneRTTMillis":-2,"pingRTTMilllis":-3}\n',
    'with a handshake that is quicker than a ping': '{"handshakePlusOneRTTMillis":1,"pingRTTMilllis":2}\n',
    'with more in it': '{"handshakePlusOneRTTMillis":2,"pingRTTMilllis":1,"ok":true}\n'
  }

  for (const [what, output] of Object.entries(WRONG)) {
    it(`${what} is refused`, () => {
      expect(() => parsePingReport('test-plans', output)).to.throw()
    })
  }

  const WRONG_YAML = {
    'without its unit': 'latency:\n  handshake_plus_one_rtt: 12.5\n  ping_rtt: 0.25\n',
    'of zero': 'latency:\n  handshake_plus_one_rtt: 12.5\n  ping_rtt: 0\n  unit: ms\n',
    'of no number': 'latency:\n  handshake_plus_one_rtt: NaN\n  ping_rtt: 1\n  unit: ms\n',
    'without indentation': 'latency:\nhandshake_plus_one_rtt: 12.5\nping_rtt: 0.25\nunit: ms\n',
    'with words before it': 'hello\nlatency:\n  handshake_plus_one_rtt: 12.5\n  ping_rtt: 0.25\n  unit: ms\n'
  }

  for (const [what, output] of Object.entries(WRONG_YAML)) {
    it(`in YAML ${what} is refused`, () => {
      expect(() => parsePingReport('unified', output)).to.throw()
    })
  }
})

describe('the report of a row', () => {
  it('has what the dialer found', () => {
    expect(parseRowReport('streams', '{"row":"streams","ok":true,"streams":100}\n')).to.deep.equal({ row: 'streams', ok: true, streams: 100 })
  })

  it('may say that there is no way to do it', () => {
    expect(parseRowReport('reset', '{"row":"reset","unsupported":"no codes"}\n')).to.deep.equal({ unsupported: 'no codes' })
  })

  it('that says that it failed is a failure', () => {
    expect(() => parseRowReport('reset', '{"row":"reset","ok":false,"error":"no answer"}\n')).to.throw('The dialer reports: no answer')
  })

  const WRONG = {
    'of another row': '{"row":"streams","ok":true}',
    'that says nothing': '{"row":"reset"}',
    'that is well and unsupported': '{"row":"reset","ok":true,"unsupported":"no"}',
    'that is unsupported for no reason': '{"row":"reset","unsupported":""}',
    'that failed for no reason': '{"row":"reset","ok":false}',
    'on two lines': '{"row":"reset",\n"ok":true}',
    'that is no JSON': 'ok'
  }

  for (const [what, output] of Object.entries(WRONG)) {
    it(`${what} is refused`, () => {
      expect(() => parseRowReport('reset', output)).to.throw()
    })
  }
})
