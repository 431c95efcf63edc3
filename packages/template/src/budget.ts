// Counts the work of a rendering: every operation is charged by the size of its operands before it runs.
import { overLimit } from './errors.ts';
import { templateLimits } from './limits.ts';

/** The work that a rendering has used. */
export interface Usage {
  /** Steps of work. */
  readonly steps: number;
  /** Bytes of all values made. */
  readonly bytes: number;
}

/** Counts the work of renderings; several renderings may share one budget. */
export interface Budget extends Usage {
  /** Charges steps. @throws RondoError `BAD_TEMPLATE` if too few are left */
  work(steps: number): void;
  /** Charges a new text: its bytes, and the copying of its characters. @throws RondoError as `work` */
  copy(characters: number): void;
  /** Charges a look at each character of a text. @throws RondoError as `work` */
  scan(characters: number): void;
  /** Charges a new collection. @throws RondoError as `work` */
  collect(elements: number): void;
}

/** An unused budget. */
export function createBudget(limits: Usage = templateLimits): Budget {
  const { steps: mostSteps, bytes: mostBytes } = limits;
  const used = { steps: 0, bytes: 0 };
  // `!(a <= b)` is also true for NaN, which enormous sizes result in.
  const work = (count: number): void => {
    used.steps += count;
    if (!(used.steps <= mostSteps)) throw overLimit('it takes too many steps', mostSteps);
  };
  const allocate = (count: number): void => {
    used.bytes += count;
    if (!(used.bytes <= mostBytes)) throw overLimit('its values take too many bytes', mostBytes);
  };
  return {
    get steps() {
      return used.steps;
    },
    get bytes() {
      return used.bytes;
    },
    work,
    copy(characters) {
      work(1 + characters / 64);
      allocate(2 * characters);
    },
    scan(characters) {
      work(1 + characters / 16);
    },
    collect(elements) {
      work(1 + elements);
      allocate(16 * elements);
    },
  };
}
