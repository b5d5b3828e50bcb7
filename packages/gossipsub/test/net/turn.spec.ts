import { expect } from 'aegir/chai'
import { Task, Turn } from '../../src/net/turn.ts'

describe('the end of a turn', () => {
  let turn: Turn
  let ran: string[]

  function task (name: string, then: () => void = () => {}): Task {
    return new Task(() => {
      ran.push(name)
      then()
    })
  }

  beforeEach(() => {
    turn = new Turn()
    ran = []
  })

  afterEach(() => { turn.cancel() })

  it('runs what was put off, in order, each once', () => {
    const [a, b] = [task('a'), task('b')]
    turn.atEnd(a)
    turn.atEnd(b)
    turn.atEnd(a)
    expect(ran).to.deep.equal([])
    turn.end()
    turn.end()

    expect(ran).to.deep.equal(['a', 'b'])
  })

  it('comes by itself', async () => {
    turn.atEnd(task('a'))
    await new Promise(resolve => { setImmediate(resolve) })

    expect(ran).to.deep.equal(['a'])
  })

  it('leaves what is put off meanwhile to the next one', () => {
    const b = task('b')
    const again: Task = task('a', () => {
      turn.atEnd(b)
      turn.atEnd(again)
    })
    turn.atEnd(again)
    turn.end()
    expect(ran).to.deep.equal(['a'])
    turn.end()

    expect(ran).to.deep.equal(['a', 'b', 'a'])
  })

  it('comes for the others in the next turn when one throws', () => {
    const b = task('b')
    turn.atEnd(new Task(() => { throw new Error('a bug') }))
    turn.atEnd(b)
    expect(() => { turn.end() }).to.throw('a bug')
    expect(ran).to.deep.equal([])
    turn.end()

    expect(ran).to.deep.equal(['b'])
  })

  it('tells how long others had: of a turn that stalled the event loop a tenth of a second counts', () => {
    let nowMs = 0
    const slow = new Turn(() => nowMs)
    const seen: number[] = []
    const look = (): void => { seen.push(slow.fairMs) }

    for (const [turnMs, afterMs] of [[0, 500], [50, 500], [5_000, 500], [0, 0]]) {
      slow.atEnd(new Task(look))
      look()
      nowMs += turnMs
      look()
      slow.end()
      nowMs += afterMs
      look()
    }

    expect(seen).to.deep.equal([0, 0, 0, 500, 500, 500, 550, 1_050, 1_050, 1_050, 1_150, 1_650, 1_650, 1_650, 1_650, 1_650])
  })

  it('does not come for what was forgotten, which can be put off once more', () => {
    const [a, b] = [task('a'), task('b')]
    turn.atEnd(a)
    turn.atEnd(b)
    turn.cancel()
    turn.end()
    expect(ran).to.deep.equal([])
    turn.atEnd(b)
    turn.end()

    expect(ran).to.deep.equal(['b'])
  })
})
