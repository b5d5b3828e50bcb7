import { execFileSync } from 'node:child_process'
import { basename } from 'node:path'
import { expect } from 'aegir/chai'
import { rawQuinnPath } from '../src/contestants/raw-quinn.ts'

describe('the program of raw-quinn', () => {
  it('has a place of its own for each version of the compiler', () => {
    expect(rawQuinnPath('rustc 1.0.0')).to.equal(rawQuinnPath('rustc 1.0.0')).and.not.equal(rawQuinnPath('rustc 1.0.1'))
    expect(basename(rawQuinnPath('rustc 1.0.0'))).to.match(/^raw-quinn-[0-9a-f]{16}/)
  })

  it('is of the compiler that is there', () => {
    expect(rawQuinnPath()).to.equal(rawQuinnPath(execFileSync('rustc', ['--version'], { encoding: 'utf-8' }).trim()))
  })
})
