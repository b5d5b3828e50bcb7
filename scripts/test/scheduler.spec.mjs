import { expect } from 'aegir/chai'
import { runAll } from '../check/scheduler.mjs'

/**
 * Runs tasks that end when they are told to, in the order of their names, and notes what ran at the same time.
 *
 * @param {Array<{ name: string, lane?: string, isAlone?: boolean }>} tasks
 * @param {number} width
 */
async function overlaps (tasks, width) {
  /** @type {Set<string>} */
  const running = new Set()
  /** @type {string[]} */
  const seen = []

  await runAll(tasks, width, async ({ name }) => {
    running.add(name)
    seen.push([...running].join('+'))
    await new Promise(resolve => setImmediate(resolve))
    running.delete(name)
  })

  return seen
}

describe('scheduler', () => {
  it('runs as many at once as it is wide', async () => {
    expect(await overlaps([{ name: 'a' }, { name: 'b' }, { name: 'c' }], 2)).to.deep.equal(['a', 'a+b', 'b+c'])
    expect(await overlaps([{ name: 'a' }, { name: 'b' }], 1)).to.deep.equal(['a', 'b'])
  })

  it('runs one of a lane at a time, and lets others overtake', async () => {
    const seen = await overlaps([{ name: 'a', lane: 'x' }, { name: 'b', lane: 'x' }, { name: 'c' }], 2)

    expect(seen).to.deep.equal(['a', 'a+c', 'c+b'])
  })

  it('runs nothing beside a task that is to be alone', async () => {
    const seen = await overlaps([{ name: 'a' }, { name: 'b', isAlone: true }, { name: 'c' }, { name: 'd' }], 3)

    expect(seen).to.deep.equal(['a', 'b', 'c', 'c+d'])
  })

  it('starts nothing more once a task has thrown, and waits for what runs', async () => {
    /** @type {string[]} */
    const log = []
    /** @type {Array<{ name: string, lane?: string }>} */
    const tasks = [{ name: 'bad' }, { name: 'slow' }, { name: 'never' }]
    const all = runAll(tasks, 2, async ({ name }) => {
      log.push(name)

      if (name === 'bad') {
        throw new Error('it broke')
      }

      await new Promise(resolve => setImmediate(resolve))
      log.push(`${name} ended`)
    })

    await expect(all).to.eventually.be.rejectedWith('it broke')
    expect(log).to.deep.equal(['bad', 'slow', 'slow ended'])
  })
})
