/** A promise, whoever made it: of another realm, as in tests that run in a context of their own, or of a library. */
export function isThenable (value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value != null && 'then' in value && typeof value.then === 'function'
}
