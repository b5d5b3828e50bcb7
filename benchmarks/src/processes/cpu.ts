const US_PER_SECOND = 1e6

/** User and system time of all threads of this process since its start. */
export function cpuSecondsUsed (): number {
  const { user, system } = process.cpuUsage()

  return (user + system) / US_PER_SECOND
}
