import { expect } from 'aegir/chai'
import { Deliveries } from '../src/deliveries.ts'
import { summarize } from '../src/summary.ts'
import { formatSummary } from '../src/view/format.ts'
import type { SummaryInput } from '../src/summary.ts'

const DIGEST = 1

function delivered (): Deliveries {
  const deliveries = new Deliveries(2)
  deliveries.arrived(1, deliveries.open({ publisher: 0, digest: DIGEST, lineNumber: 1, sizeBytes: 3, sentAtMs: 0 }), DIGEST, 5)

  return deliveries
}

function summaryOf (input: Partial<SummaryInput>): ReturnType<typeof summarize> {
  return summarize({ deliveries: delivered(), nodes: [], malformed: 0, linesRefused: 0, elapsedMs: 500, ...input })
}

describe('summary', () => {
  it('is good when every node got every message', () => {
    const summary = summaryOf({})

    expect(summary).to.include({ exitCode: 0, messages: 1, deliveriesExpected: 1, deliveriesMade: 1, messagesPerSecond: 2 })
    expect(formatSummary(summary).at(-1)).to.equal('every node got every message')
  })

  it('is bad when a delivery is missing', () => {
    const deliveries = delivered()
    deliveries.giveUp(deliveries.open({ publisher: 1, digest: DIGEST, lineNumber: 2, sizeBytes: 3, sentAtMs: 0 }), 'lost on the way')
    const summary = summaryOf({ deliveries })

    expect(summary).to.include({ exitCode: 1, messagesLost: 1 })
    expect(formatSummary(summary).join('\n')).to.include('line 2 missed by 0: lost on the way')
  })

  it('is bad when a delivery is repeated or corrupt', () => {
    const repeated = delivered()
    repeated.arrived(1, 0, DIGEST, 5)
    expect(summaryOf({ deliveries: repeated })).to.include({ exitCode: 1, repeated: 1 })

    const corrupt = delivered()
    corrupt.open({ publisher: 0, digest: DIGEST, lineNumber: 2, sizeBytes: 3, sentAtMs: 0 })
    corrupt.arrived(1, 1, DIGEST + 1, 5)
    expect(summaryOf({ deliveries: corrupt })).to.include({ exitCode: 1, corrupt: 1 })
  })

  it('is bad when a line was refused or a message is not ours', () => {
    expect(summaryOf({ linesRefused: 1 }).exitCode).to.equal(1)
    expect(summaryOf({ malformed: 1 }).exitCode).to.equal(1)
  })

  it('says why the run ended early, whatever was delivered', () => {
    const summary = summaryOf({ ending: { exitCode: 130, reason: 'interrupted' } })

    expect(summary.exitCode).to.equal(130)
    expect(formatSummary(summary).at(-1)).to.equal('stopped: interrupted')
  })

  it('does not claim a delivery when there was nothing to deliver', () => {
    const summary = summaryOf({ deliveries: new Deliveries(2) })

    expect(summary.exitCode).to.equal(0)
    expect(formatSummary(summary).at(-1)).to.equal('there was no line to publish')
  })
})
