import { expect } from 'aegir/chai'
import { Notices } from '../task/notices.mjs'

const BOX = ['╔═════╗', '║ go  ║', '║ none║', '╚═════╝']

describe('notices', () => {
  /**
   * @param {string[]} lines
   * @param {Notices} [notices]
   */
  function found (lines, notices = new Notices()) {
    return lines.map(line => notices.line(line)).filter(box => box != null)
  }

  it('are boxes in the output, and nothing else of it', () => {
    expect(found(['1 cell', ...BOX, 'passed', '║ no top', '╚'])).to.deep.equal([BOX.join('\n')])
    expect(found(['╔══╗', 'something else', '╚══╝'])).to.deep.equal([])
    expect(found(BOX.map(line => `\u001b[33m${line}\u001b[39m`))).to.deep.equal([BOX.join('\n')])
  })

  it('are said once, by whichever command', () => {
    /** @type {Set<string>} */
    const known = new Set()

    expect(found([...BOX, ...BOX], new Notices(known))).to.have.lengthOf(1)
    expect(found(BOX, new Notices(known))).to.deep.equal([])
    expect(found(['╔═╗', '║b║', '╚═╝'], new Notices(known))).to.have.lengthOf(1)
  })

  it('have an end', () => {
    expect(found(['╔═╗', ...Array.from({ length: 1_000 }, () => '║a║'), '╚═╝'])).to.deep.equal([])
  })
})
