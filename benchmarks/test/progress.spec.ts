import { PassThrough } from 'node:stream'
import { expect } from 'aegir/chai'
import { formatStep, progressLine } from '../src/progress.ts'
import type { WriteStream } from 'node:tty'

const STEP = { text: 'round 1 of 5, upload, quicmesh', done: 3, total: 12 }

const MINUTE_MS = 60_000

describe('the progress line', () => {
  it('says what is done and how much is left', () => {
    expect(formatStep('quic', STEP, 6 * MINUTE_MS)).to.equal('quic: 3 of 12, about 18 min left: round 1 of 5, upload, quicmesh')
    expect(formatStep('quic', STEP, MINUTE_MS / 10)).to.include('3 of 12, less than a minute left:')
  })

  it('does not guess before anything is done', () => {
    expect(formatStep('quic', { ...STEP, done: 0 }, 5)).to.equal('quic: 0 of 12: round 1 of 5, upload, quicmesh')
  })

  it('stays in one line of a terminal, and leaves nothing behind', () => {
    const { output, written } = terminal({ isTTY: true, columns: 20 })
    const { onProgress, clear } = progressLine(output, { title: 'quic', now: () => 0 })
    onProgress(STEP)
    clear()

    expect(written()).to.equal('\r\u001b[Kquic: 3 of 12, less\r\u001b[K')
  })

  it('is a line a minute where there is no terminal', () => {
    let now = 0
    const { output, written } = terminal({ isTTY: false, columns: 80 })
    const { onProgress, clear } = progressLine(output, { title: 'quic', now: () => now })

    for (now of [0, MINUTE_MS - 1, MINUTE_MS, MINUTE_MS + 1, 2 * MINUTE_MS]) {
      onProgress({ ...STEP, done: 1 + now })
    }

    clear()

    expect(written().split('\n').map((line) => line.split(',')[0])).to.deep.equal([`quic: ${MINUTE_MS + 1} of 12`, `quic: ${2 * MINUTE_MS + 1} of 12`, ''])
  })

  it('writes nothing there of a short run', () => {
    const { output, written } = terminal({ isTTY: false, columns: 80 })
    const { onProgress, clear } = progressLine(output, { title: 'quic' })
    onProgress(STEP)
    clear()

    expect(written()).to.equal('')
  })
})

function terminal (properties: { isTTY: boolean, columns: number }): { output: WriteStream, written (): string } {
  const stream = new PassThrough()

  return {
    output: Object.assign(stream, properties) as unknown as WriteStream,
    written: () => String(stream.read() ?? '')
  }
}
