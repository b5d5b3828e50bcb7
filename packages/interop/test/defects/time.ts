/** Whether the condition holds within the time. Polls: the implementations tell of their state by different events. */
export async function within (ms: number, condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + ms

  while (!condition()) {
    if (performance.now() > deadline) {
      return false
    }

    await sleep(10)
  }

  return true
}

/** What a probe needs before it can ask its question. */
export async function until (what: string, condition: () => boolean): Promise<void> {
  if (!await within(10_000, condition)) {
    throw new Error(`did not come about: ${what}`)
  }
}

export async function sleep (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
