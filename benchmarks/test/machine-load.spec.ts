import { expect } from 'aegir/chai'
import { isMachineBusy, parseCpuTimes, parseProcessTicks, readCpuTimes, shareOfOthers } from '../src/machine-load.ts'

const MACHINE = 'cpu  100 20 30 400 50 6 7 8 90 1\ncpu0 50 10 15 200 25 3 4 4 45 0\nintr 1\n'
const SELF = '4321 (a (b) c) S 1 4321 4321 0 -1 4194304 100 200 0 0 11 12 13 14 20 0 8 0 12345\n'

describe('the load of the machine', () => {
  it('is read from what the kernel tells', () => {
    expect(parseCpuTimes(MACHINE, SELF)).to.deep.equal({ busy: 171, total: 621, own: 50 })
  })

  it('tells a process from its children', () => {
    expect(parseProcessTicks(SELF)).to.deep.equal({ own: 23, children: 27 })
  })

  it('is refused of anything else', () => {
    expect(() => parseCpuTimes('cpu 1 2 x', SELF)).to.throw('numbers')
    expect(() => parseCpuTimes(MACHINE, '1 (a) S')).to.throw('numbers')
  })

  it('is what was busy for others', () => {
    const before = { busy: 100, total: 1_000, own: 10 }

    expect(shareOfOthers(before, { busy: 200, total: 1_200, own: 60 })).to.equal(0.25)
    expect(shareOfOthers(before, { busy: 200, total: 1_200, own: 110 })).to.equal(0)
  })

  it('is within bounds when clocks tick at different moments', () => {
    const before = { busy: 100, total: 1_000, own: 10 }

    expect(shareOfOthers(before, { busy: 200, total: 1_200, own: 112 })).to.equal(0)
    expect(shareOfOthers(before, before)).to.equal(0)
  })

  it('makes it busy by what others took, and by the load before only where that is not known', () => {
    expect(isMachineBusy({ loadAverage: 2, cores: 2, othersShare: 0.1 })).to.be.false()
    expect(isMachineBusy({ loadAverage: 0, cores: 2, othersShare: 0.11 })).to.be.true()
    expect(isMachineBusy({ loadAverage: 0.6, cores: 2 })).to.be.false()
    expect(isMachineBusy({ loadAverage: 0.7, cores: 2 })).to.be.true()
  })

  it('can be read twice on Linux', function () {
    if (process.platform !== 'linux') {
      return this.skip()
    }

    const [before, after] = [readCpuTimes(), readCpuTimes()]

    expect(before).to.have.property('total').that.is.above(0)
    expect(after).to.have.property('total').that.is.at.least(before?.total ?? NaN)
  })
})
