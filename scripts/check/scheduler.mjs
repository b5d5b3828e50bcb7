/**
 * What decides who runs beside whom.
 *
 * @typedef {object} Schedulable
 * @property {string} [lane] - never two of one lane at the same time
 * @property {boolean} [isAlone] - nothing beside it
 */

/**
 * Runs all tasks, each started in the order given as soon as it may: at most `width` at once, one per lane, and those that
 * are to be alone as barriers between the others. A task that throws stops the rest from being started.
 *
 * @template {Schedulable} T
 * @param {T[]} tasks
 * @param {number} width
 * @param {(task: T) => Promise<void>} run
 */
export async function runAll (tasks, width, run) {
  const waiting = [...tasks]
  /** @type {Map<T, Promise<void>>} */
  const running = new Map()

  while (waiting.length > 0 || running.size > 0) {
    for (let next = startable(waiting, [...running.keys()], width); next != null; next = startable(waiting, [...running.keys()], width)) {
      const task = next
      waiting.splice(waiting.indexOf(task), 1)
      running.set(task, run(task).finally(() => running.delete(task)))
    }

    try {
      await Promise.race(running.values())
    } catch (err) {
      await Promise.allSettled(running.values())
      throw err
    }
  }
}

/**
 * @template {Schedulable} T
 * @param {T[]} waiting
 * @param {T[]} running
 * @param {number} width
 * @returns {T | undefined}
 */
function startable (waiting, running, width) {
  if (running.length >= width || running.some(task => task.isAlone)) {
    return undefined
  }

  for (const task of waiting) {
    if (task.isAlone) {
      // nobody overtakes it
      return running.length === 0 ? task : undefined
    }

    if (task.lane == null || !running.some(other => other.lane === task.lane)) {
      return task
    }
  }
}
