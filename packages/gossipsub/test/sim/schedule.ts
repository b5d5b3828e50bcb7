/** Virtual time: what is due is run in order of time, and what is due at the same time in order of being scheduled. */
export class Schedule {
  now = 0
  private readonly heap: Task[] = []
  private count = 0

  after (delayMs: number, run: () => void): void {
    this.push({ at: this.now + delayMs, order: this.count++, run })
  }

  run (ms: number): void {
    const end = this.now + ms

    while (this.heap.length > 0 && this.heap[0].at <= end) {
      const task = this.pop()
      this.now = task.at
      task.run()
    }

    this.now = end
  }

  private push (task: Task): void {
    const { heap } = this
    let i = heap.length
    heap.push(task)

    for (let parent = (i - 1) >> 1; i > 0 && isBefore(task, heap[parent]); parent = (i - 1) >> 1) {
      heap[i] = heap[parent]
      heap[parent] = task
      i = parent
    }
  }

  private pop (): Task {
    const { heap } = this
    const first = heap[0]
    const last = heap[heap.length - 1]
    heap.pop()

    if (heap.length > 0) {
      heap[0] = last
      this.sink(last)
    }

    return first
  }

  private sink (task: Task): void {
    const { heap } = this
    let i = 0

    while (true) {
      const left = 2 * i + 1
      const child = left + 1 < heap.length && isBefore(heap[left + 1], heap[left]) ? left + 1 : left

      if (child >= heap.length || isBefore(task, heap[child])) {
        return
      }

      heap[i] = heap[child]
      heap[child] = task
      i = child
    }
  }
}

interface Task {
  at: number
  order: number
  run(): void
}

function isBefore (a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
