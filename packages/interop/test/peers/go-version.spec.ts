import { expect } from 'aegir/chai'
import { assertNewEnough } from '../../src/peers/go.ts'
import { MissingToolchainError } from '../../src/peers/peer.ts'

describe('the version of Go', () => {
  for (const version of ['go1.24.6\n', 'go1.24.10', 'go1.25rc1', 'go1.25', 'go2.0', 'devel go1.26-0c1b3a9 Sat Nov 1']) {
    it(`may be ${version.trim()} where 1.24.6 is asked for`, () => {
      expect(() => { assertNewEnough(version, '1.24.6') }).to.not.throw()
    })
  }

  for (const version of ['go1.24.5', 'go1.24', 'go1.19.8\n', 'go1.9', '']) {
    it(`is a missing toolchain, not a build that fails, where it is '${version.trim()}'`, () => {
      expect(() => { assertNewEnough(version, '1.24.6') }).to.throw(MissingToolchainError, 'Go 1.24.6 or newer')
    })
  }

  it('is what the module file asks for unless told otherwise', () => {
    expect(() => { assertNewEnough('go1.16') }).to.throw(MissingToolchainError, /needs Go 1\.\d{2}/)
  })
})
