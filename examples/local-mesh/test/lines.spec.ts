import { expect } from 'aegir/chai'
import { splitLines } from '../src/lines.ts'
import type { Line, OversizedLine } from '../src/lines.ts'

async function split (chunks: string[], maxLineBytes = 100): Promise<Array<Line | OversizedLine>> {
  async function * source (): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      yield Buffer.from(chunk)
    }
  }

  const lines: Array<Line | OversizedLine> = []

  for await (const line of splitLines(source(), maxLineBytes)) {
    lines.push(line)
  }

  return lines
}

async function texts (chunks: string[]): Promise<string[]> {
  return (await split(chunks)).map(line => 'bytes' in line ? Buffer.from(line.bytes).toString() : 'oversized')
}

describe('lines', () => {
  it('end at a newline', async () => {
    expect(await texts(['a\nb\n'])).to.deep.equal(['a', 'b'])
  })

  it('are found across chunks', async () => {
    expect(await texts(['a', 'b\nc', '', 'd', '\n'])).to.deep.equal(['ab', 'cd'])
  })

  it('may be empty', async () => {
    expect(await texts(['\n\na\n\n'])).to.deep.equal(['', '', 'a', ''])
  })

  it('need no newline at the end of the input', async () => {
    expect(await texts(['a\nb'])).to.deep.equal(['a', 'b'])
  })

  it('are none in an empty input', async () => {
    expect(await texts([])).to.be.empty()
    expect(await texts([''])).to.be.empty()
  })

  it('keep every other byte', async () => {
    expect(await texts([' \ta\r\n'])).to.deep.equal([' \ta\r'])
  })

  it('know their number and where they end', async () => {
    expect((await split(['ab\n', 'c\nd'])).map(({ number, endOffset }) => [number, endOffset])).to.deep.equal([[1, 3], [2, 5], [3, 6]])
  })

  it('are reported and skipped when they are too long', async () => {
    const [first, second, third] = await split(['1234', '5', '6\nok\n', '123456'], 5)

    expect(first).to.deep.equal({ number: 1, oversizedBytes: 6, endOffset: 7 })
    expect(second).to.have.property('bytes')
    expect(third).to.deep.equal({ number: 3, oversizedBytes: 6, endOffset: 16 })
  })

  it('may be as long as the limit', async () => {
    const [line] = await split(['12', '345\n'], 5)

    expect(line).to.have.property('bytes').with.lengthOf(5)
  })
})
