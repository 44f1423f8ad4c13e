/**
 * What a device takes for a flush. Each answer is a finite number of ms, at
 * least 0.
 *
 * One that answers the same for the same arguments can be used in many runs.
 */
export interface CostModel {
  /** How long it takes to write a frame of so many bytes of records, in ms. */
  writeMs(bytes: number): number;
  /** How long a sync takes that begins at an instant, in ms. */
  syncMs(at: number, bytes: number): number;
}
