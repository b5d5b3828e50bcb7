import { expect } from 'aegir/chai'
import pWaitFor from 'p-wait-for'
import { ndjsonLine, ndjsonTracer } from '../../src/tracer/ndjson.ts'
import { TraceType } from '../../src/tracer/trace-event.ts'
import type { TraceEvent } from '../../src/tracer/trace-event.ts'

describe('the NDJSON tracer', () => {
  it('writes each event when it happens, as one whole line', () => {
    const written: string[] = []
    const tracer = ndjsonTracer(lines => { written.push(lines) })

    tracer(join('a'))
    tracer(join('b\n'))

    expect(written).to.deep.equal([ndjsonLine(join('a')), ndjsonLine(join('b\n'))])
    expect(written.map(line => line.indexOf('\n') === line.length - 1)).to.deep.equal([true, true])
    expect(written.map(line => JSON.parse(line))).to.deep.equal([join('a'), join('b\n')])
  })

  it('leaves no character that means something in a page or a script', () => {
    const line = ndjsonLine(join('<>&\u2028\u2029'))

    expect(line).to.contain('"\\u003c\\u003e\\u0026\\u2028\\u2029"')
    expect(JSON.parse(line)).to.deep.equal(join('<>&\u2028\u2029'))
  })

  it('writes a batch when it is full', () => {
    const written: string[] = []
    const tracer = ndjsonTracer(lines => { written.push(lines) }, { batchEvents: 3 })

    'abcdefg'.split('').forEach(topic => { tracer(join(topic)) })

    expect(written.map(topics)).to.deep.equal(['abc', 'def'])
    return tracer.close()
  })

  it('writes a batch that is not full after a while', async () => {
    const written: string[] = []
    const tracer = ndjsonTracer(lines => { written.push(lines) }, { batchEvents: 3, maxDelayMs: 5 })

    tracer(join('a'))
    tracer(join('b'))
    expect(written).to.be.empty()
    await pWaitFor(() => written.length > 0, { interval: 1, timeout: 10_000 })
    expect(written.map(topics)).to.deep.equal(['ab'])

    tracer(join('c'))
    await pWaitFor(() => written.length > 1, { interval: 1, timeout: 10_000 })
    expect(written.map(topics)).to.deep.equal(['ab', 'c'])
  })

  it('writes what waits when it is closed, and nothing after that', async () => {
    const written: string[] = []
    const tracer = ndjsonTracer(lines => { written.push(lines) }, { batchEvents: 3, maxDelayMs: 1 })

    tracer(join('a'))
    const closed = tracer.close()
    expect(written.map(topics)).to.deep.equal(['a'])

    tracer(join('b'))
    await closed
    await tracer.close()
    await new Promise(resolve => setTimeout(resolve, 10))

    expect(written.map(topics)).to.deep.equal(['a'])
  })

  describe('when writing takes time', () => {
    it('has one write under way, in which events gather for the next', async () => {
      const { written, settle, write } = slowWrites()
      const tracer = ndjsonTracer(write)

      'abc'.split('').forEach(topic => { tracer(join(topic)) })
      expect(written.map(topics)).to.deep.equal(['a'])

      await settle()
      expect(written.map(topics)).to.deep.equal(['a', 'bc'])

      await settle()
      tracer(join('d'))
      expect(written.map(topics)).to.deep.equal(['a', 'bc', 'd'])
    })

    it('drops and counts what exceeds the bound', async () => {
      const { written, settle, write } = slowWrites()
      const tracer = ndjsonTracer(write, { maxBufferedEvents: 2 })

      'abcdef'.split('').forEach(topic => { tracer(join(topic)) })
      expect(tracer.dropped).to.equal(3)

      await settle()
      expect(written.map(topics)).to.deep.equal(['a', 'bc'])
      tracer(join('g'))
      expect(tracer.dropped).to.equal(3)
    })

    it('is closed when all is written', async () => {
      const { written, settle, write } = slowWrites()
      const tracer = ndjsonTracer(write)
      let isClosed = false

      tracer(join('a'))
      tracer(join('b'))
      const closed = tracer.close().then(() => { isClosed = true })
      await settle()
      expect(written.map(topics)).to.deep.equal(['a', 'b'])
      expect(isClosed).to.equal(false)

      await settle()
      await closed
      expect(isClosed).to.equal(true)
    })
  })

  describe('when writing fails', () => {
    it('throws, so that the service logs it, and goes on', () => {
      const written: string[] = []
      const tracer = ndjsonTracer(lines => {
        if (written.length === 0) {
          written.push('failed')
          throw new Error('disk full')
        }

        written.push(lines)
      })

      expect(() => { tracer(join('a')) }).to.throw('disk full')
      tracer(join('b'))
      expect(written.slice(1).map(topics)).to.deep.equal(['b'])
    })

    it('later, throws at the next event, which is written all the same', async () => {
      const written: string[] = []
      const tracer = ndjsonTracer(async lines => {
        written.push(lines)

        if (written.length === 1) {
          throw new Error('disk full')
        }
      })

      tracer(join('a'))
      await new Promise(resolve => setTimeout(resolve, 1))
      expect(() => { tracer(join('b')) }).to.throw('disk full')
      expect(written.map(topics)).to.deep.equal(['a', 'b'])
      await tracer.close()
    })

    it('at last, rejects when it is closed', async () => {
      const tracer = ndjsonTracer(() => { throw new Error('disk full') }, { batchEvents: 2 })
      tracer(join('a'))

      await expect(tracer.close()).to.be.rejectedWith('disk full')
    })
  })
})

function join (topic: string): TraceEvent {
  return { type: TraceType.JOIN, peerID: 'c2VsZg==', timestamp: 1, join: { topic } }
}

/** The topics of written lines, one after the other. */
function topics (lines: string): string {
  return lines.split('\n').filter(line => line !== '').map(line => JSON.parse(line).join.topic).join('')
}

/** Writes that last until they are settled, one by one. */
function slowWrites (): { written: string[], write(lines: string): Promise<void>, settle(): Promise<void> } {
  const written: string[] = []
  const under: Array<() => void> = []

  return {
    written,
    write: async lines => new Promise(resolve => {
      written.push(lines)
      under.push(resolve)
    }),
    settle: async () => {
      under.shift()?.()
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
}
