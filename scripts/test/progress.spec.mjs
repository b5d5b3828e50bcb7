import assert from 'node:assert/strict'
import { Progress } from '../task/progress.mjs'

/** As a pipe: without a terminal. */
function collect () {
  /** @type {string[]} */
  const written = []
  const output = /** @type {NodeJS.WriteStream} */ (/** @type {unknown} */ ({ isTTY: false, write: (/** @type {string} */ text) => written.push(text) }))

  return { written, progress: new Progress(output, { CI: 'true' }) }
}

describe('progress', () => {
  it('says at the end what failed, with the last lines of it', () => {
    const { written, progress } = collect()
    progress.start('lint a')
    progress.start('lint b')
    progress.fail('lint a', 'exit code 1', ['1 failing', '  it holds'], 'logs/lint-a.log')
    progress.succeed('lint b')
    const before = written.length
    progress.recall()

    const recalled = written.slice(before).join('')
    assert.match(recalled, /lint a .*exit code 1\n {2}│ 1 failing\n {2}│ {3}it holds\n {2}└ logs\/lint-a\.log\n$/)
    assert.doesNotMatch(recalled, /lint b/)
  })

  it('has nothing to say again when nothing failed', () => {
    const { written, progress } = collect()
    progress.start('lint a')
    progress.succeed('lint a')
    const before = written.length
    progress.recall()

    assert.equal(written.length, before)
  })
})
