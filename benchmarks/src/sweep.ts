/** A figure that is measured at several values of something that grows: its curve is drawn over them. */
export interface Sweep<Workload> extends SweepScale {
  /** Ascending. */
  values: number[]
  /** For `--quick`: some of `values`; all unless told. */
  quickValues?: number[]
  /** The workload in which the figure is measured at one value. All that the figure does follows from it. */
  apply (workload: Workload, value: number): Workload
}

/** What a result says of a sweep. */
export interface SweepScale {
  /** What grows, with its unit, as the axis calls it: 'message size, bytes'. */
  label: string
  /** 'log' where values grow by factors; 'linear' where one of them is 0. */
  scale: 'log' | 'linear'
}

/** One place at which a figure is measured. */
export interface Point<Workload> {
  workload: Workload
  /** The value that grows; absent when the figure has no sweep. */
  x?: number
}

export interface Swept<Workload> {
  sweep?: Sweep<Workload>
}

/** All places at which a figure is measured: one for a figure without a sweep. */
export function pointsOf <Workload> ({ sweep }: Swept<Workload>, workload: Workload, isQuick = false): Array<Point<Workload>> {
  if (sweep == null) {
    return [{ workload }]
  }

  const values = isQuick ? sweep.quickValues ?? sweep.values : sweep.values

  return values.map((x) => ({ x, workload: sweep.apply(workload, x) }))
}

/** As a progress line and an error name a point: 'sizes at 64', and 'echo' for a figure without a sweep. */
export function pointName (figure: string, x: number | undefined): string {
  return x == null ? figure : `${figure} at ${x}`
}
