import { expect } from 'aegir/chai'
import { environmentOf, redisKey, testKey, testName } from '../../src/transport/dialect.ts'

const SITUATION = { dialer: 'go', listener: 'rust', ip: '0.0.0.0', redisAddress: '10.77.0.2:6379', timeoutSeconds: 80 }

describe('the dialects of the transport suites', () => {
  it('test-plans: the environment of each side, and the list in Redis', () => {
    expect(environmentOf('test-plans', true, SITUATION)).to.deep.equal({
      transport: 'quic-v1', is_dialer: 'true', ip: '0.0.0.0', redis_addr: '10.77.0.2:6379', test_timeout_seconds: '80'
    })
    expect(environmentOf('test-plans', false, SITUATION)).to.include({ is_dialer: 'false' })
    expect(redisKey('test-plans', SITUATION)).to.equal('listenerAddr')
  })

  it('unified-testing: the environment of each side, and the list in Redis', () => {
    expect(environmentOf('unified', false, SITUATION)).to.deep.equal({
      TRANSPORT: 'quic-v1', IS_DIALER: 'false', LISTENER_IP: '0.0.0.0', REDIS_ADDR: '10.77.0.2:6379', TEST_KEY: '2aecae86', DEBUG: 'false'
    })
    expect(redisKey('unified', SITUATION)).to.equal('2aecae86_listener_multiaddr')
  })

  it('unified-testing: the key of a test is of its name with a line feed', () => {
    expect(testName(SITUATION)).to.equal('go x rust (quic-v1)')
    expect(testKey(testName(SITUATION))).to.equal('2aecae86')
  })
})
