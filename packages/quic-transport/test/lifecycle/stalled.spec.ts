import { expect } from 'aegir/chai'
import { Child } from './fixtures/child.ts'
import type { StalledReport } from './programs/stalled.ts'

const STOP_MS = 1_000

/** After everything has stopped; a listener or a timer that is left would hold the process for ever. */
const EXIT_MS = 3_000

/** The best of so many runs counts: others use the machine too. */
const RUNS = 2

describe('stalled handshakes', function () {
  this.timeout(120_000)

  it('a node stops within a second amid stalled handshakes both ways, and its process ends by itself', async () => {
    let stopMs = Infinity
    let exitMs = Infinity

    for (let i = 0; i < RUNS; i++) {
      const child = new Child(new URL('programs/stalled.ts', import.meta.url))
      const report = await child.said() as StalledReport
      const saidAt = performance.now()
      expect(await child.ended()).to.deep.equal({ code: 0, signal: null, errors: '' })
      exitMs = Math.min(exitMs, performance.now() - saidAt)
      stopMs = Math.min(stopMs, report.stopMs)
      expect(report.dials).to.not.include('connected')
      expect(report.dials).to.not.be.empty()
    }

    expect(stopMs).to.be.below(STOP_MS)
    expect(exitMs).to.be.below(EXIT_MS)
  })
})
