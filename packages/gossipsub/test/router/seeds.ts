/** The seeds of randomised tests: the one in the environment variable SEED, to repeat a failure, else a few fixed ones. */
export function seeds (): number[] {
  const seed = Number.parseInt(process.env.SEED ?? '', 10)

  return Number.isNaN(seed) ? [1, 2, 3, 4, 5] : [seed]
}
