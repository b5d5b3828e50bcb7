import { expect } from 'aegir/chai'
import { formatBar, formatTable } from '../src/view/format.ts'
import { JsonView } from '../src/view/json-view.ts'
import { LiveView } from '../src/view/live-view.ts'
import { PlainView } from '../src/view/plain-view.ts'
import type { NodeSummary } from '../src/summary.ts'
import type { Snapshot } from '../src/view/view.ts'

function node (index: number): NodeSummary {
  return { node: index, peerId: '12D3KooWQuiteALongPeerIdThatIsCut', peers: 7, meshDegree: 6, received: 12, duplicates: 34, p50Ms: 1.25 }
}

function snapshot (init: Partial<Snapshot> = {}): Snapshot {
  return { elapsedMs: 1_500, messages: 3, deliveriesExpected: 6, deliveriesMade: 5, messagesPerSecond: 2, nodes: [node(0), node(1)], ...init }
}

describe('views', () => {
  it('show a row for each node, in columns that fit 80', () => {
    const lines = formatTable([node(0), node(1)])

    expect(lines).to.have.lengthOf(3)
    expect(lines[0].trim().split(/ {2,}/)).to.deep.equal(['node', 'peer id', 'peers', 'mesh', 'received', 'duplicates', 'p50 ms', 'p99 ms'])
    expect(lines[2].trim().split(/ {2,}/)).to.deep.equal(['1', '12D3KooW…hatIsCut', '7', '6', '12', '34', '1.3', '-'])
    lines.forEach(line => { expect(line.length).to.be.below(80) })
  })

  it('show how much is done as a bar', () => {
    expect(formatBar(0, 4)).to.equal('[....] 0 %')
    expect(formatBar(0.5, 4)).to.equal('[##..] 50 %')
    expect(formatBar(1, 4)).to.equal('[####] 100 %')
  })

  it('redraw a terminal in place', () => {
    const written: string[] = []
    const view = new LiveView({ columns: 80, rows: 24, write: text => { written.push(text) } })
    view.onTick(snapshot({ share: 0.5 }))
    view.onTick(snapshot({ share: 1 }))
    const lines = written[0].split('\n').length - 1

    expect(written[0]).to.include('50 %')
    expect(written[1]).to.match(new RegExp(`^\\r\\u001b\\[${lines}A\\u001b\\[J`))
  })

  it('draw no more than a terminal can show', () => {
    const written: string[] = []
    const view = new LiveView({ columns: 40, rows: 10, write: text => { written.push(text) } })
    view.onTick(snapshot({ share: 1, nodes: Array.from({ length: 64 }, (_, index) => node(index)) }))
    const lines = written[0].split('\n')

    expect(lines).to.have.lengthOf.at.most(10)
    expect(written[0]).to.include('more nodes')
    lines.forEach(line => { expect(line.length).to.be.below(40) })
  })

  it('print lines where there is no terminal, once a second', () => {
    const written: string[] = []
    const view = new PlainView({ isTyped: false, write: text => { written.push(text) } })
    view.onTick(snapshot({ elapsedMs: 1_000 }))
    view.onTick(snapshot({ elapsedMs: 1_200 }))
    view.onTick(snapshot({ elapsedMs: 2_000 }))

    expect(written).to.have.lengthOf(2)
    expect(written[0]).to.include('5 of 6 deliveries').and.not.include('\u001b')
  })

  it('confirm each line to somebody who types', () => {
    const written: string[] = []
    const view = new PlainView({ isTyped: true, write: text => { written.push(text) } })
    view.onTick(snapshot())
    view.onDelivered({ lineNumber: 4, deliveries: 7, elapsedMs: 2.5 })

    expect(written).to.deep.equal(['line 4 reached 7 nodes in 2.5 ms\n'])
  })

  it('print one JSON object per line for a program', () => {
    const written: string[] = []
    const view = new JsonView(text => { written.push(text) })
    view.onPhase('starting')
    view.onTick(snapshot())
    view.onWarning('careful')
    const events = written.map(line => JSON.parse(line).event)

    expect(events).to.deep.equal(['phase', 'progress', 'warning'])
    written.forEach(line => { expect(line.indexOf('\n')).to.equal(line.length - 1) })
  })
})
