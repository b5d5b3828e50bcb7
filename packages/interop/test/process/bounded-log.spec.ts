import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { BoundedLog } from '../../src/process/bounded-log.ts'

describe('a bounded log', () => {
  let folder: string

  beforeEach(() => { folder = mkdtempSync(path.join(tmpdir(), 'quicmesh-log-')) })
  afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

  it('keeps what fits, says that there was more, and remembers the end', async () => {
    const file = path.join(folder, 'log')
    const log = new BoundedLog(file, 10, 6)

    for (const text of ['12345\n', 'abcde\n', 'last\n']) {
      log.write(Buffer.from(text))
    }

    await log.end()
    expect(readFileSync(file, 'utf8')).to.equal('12345\nabcde\n\n[no more is kept than 10 bytes]\n')
    expect(log.tail).to.equal('\nlast\n')
    expect(log.lastLine).to.equal('last')
  })

  it('tells when its file can not be written', async () => {
    const log = new BoundedLog(path.join(folder, 'no/such/folder'), 10, 6)

    await expect(log.end()).to.eventually.be.rejected.with.property('code', 'ENOENT')
  })
})
