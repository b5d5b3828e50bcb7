/** Resident memory of this process without garbage; it needs `--expose-gc`. */
export async function rssBytes (): Promise<number> {
  if (globalThis.gc == null) {
    throw new Error('Started without --expose-gc')
  }

  // twice: what finalizers let go of is found by the second
  await globalThis.gc({ execution: 'async' })
  await globalThis.gc({ execution: 'async' })

  return process.memoryUsage.rss()
}
