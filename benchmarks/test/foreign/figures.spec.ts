import { expect } from 'aegir/chai'
import { FIGURES } from '../../src/foreign/figures.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../../src/foreign/workload.ts'
import { readMetrics } from '../../src/metric.ts'
import type { Figure, FigureName } from '../../src/foreign/figures.ts'
import type { Request, RequestCost } from '../../src/foreign/perf-pair.ts'

const WORKLOAD = { bytes: 100_000_000, leadBytes: 10_000_000, requests: 3 }

/** Half a second to set up, 200 MB/s; a second of CPU to start, and 4 s/GB; the server 6 s/GB. */
const STEADY = ({ uploadBytes, downloadBytes }: Request): RequestCost => {
  const bytes = uploadBytes + downloadBytes

  return { seconds: 0.5 + bytes / 200e6, clientCpuSeconds: 1 + bytes * 4e-9, serverCpuSeconds: 0.2 + bytes * 6e-9 }
}

describe('figures of perf', () => {
  for (const [figure, direction] of [['upload', 'uploadBytes'], ['download', 'downloadBytes']] as const) {
    it(`tell the ${figure} without what comes before it`, async () => {
      const { values, requests } = await measure(figure, STEADY)

      expect(requests.map((request) => request[direction])).to.deep.equal([10_000_000, 110_000_000])
      expect(requests.map(({ uploadBytes, downloadBytes }) => uploadBytes + downloadBytes)).to.deep.equal([10_000_000, 110_000_000])
      expect(values['MB/s']).to.be.closeTo(200, 1e-6)
      expect(values['client CPU s/GB']).to.be.closeTo(4, 1e-6)
      expect(values['server CPU s/GB']).to.be.closeTo(6, 1e-6)
    })
  }

  it('tell the median of requests', async () => {
    const seconds = [0.009, 0.005, 0.001]
    const { values, requests } = await measure('request', () => ({ seconds: seconds.shift() ?? NaN, clientCpuSeconds: 1, serverCpuSeconds: 1 }))

    expect(requests).to.deep.equal(Array.from({ length: 3 }, () => ({ uploadBytes: 1, downloadBytes: 1 })))
    expect(values).to.deep.equal({ ms: 5 })
  })

  it('tell nothing of bytes that took no time, or of CPU that nobody counts', async () => {
    const { values } = await measure('upload', () => ({ seconds: 1, clientCpuSeconds: NaN, serverCpuSeconds: NaN }))

    expect(values).to.deep.equal({ 'MB/s': NaN, 'client CPU s/GB': NaN, 'server CPU s/GB': NaN })
  })

  it('do less when they are told to', () => {
    expect(scaleWorkload(100)).to.deep.equal(DEFAULT_WORKLOAD)
    expect(scaleWorkload(10)).to.deep.equal({ bytes: 30_000_000, leadBytes: 2_000_000, requests: 1 })
  })
})

async function measure (name: FigureName, cost: (request: Request) => RequestCost): Promise<{ values: Record<string, number>, requests: Request[] }> {
  const figure: Figure = FIGURES[name]
  const requests: Request[] = []
  const measured = await figure.measure({
    request: async (request) => {
      requests.push(request)

      return cost(request)
    }
  }, { workload: WORKLOAD, signal: AbortSignal.timeout(1_000) })

  return { values: readMetrics(figure.metrics, measured), requests }
}
