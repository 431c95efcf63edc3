// The entry points: a worker's loop, and the execution of one command list.
import {
  COMMAND_BARRIER,
  COMMAND_BYTES,
  COMMAND_OPERATION,
  CONTROL_COMPLETED,
  CONTROL_PROFILE,
  CONTROL_QUEUE,
  CONTROL_SUBMITTED,
  OP_ADD,
  OP_ADD_ROW,
  OP_ATTENTION,
  OP_COLUMNS,
  OP_CONVOLVE,
  OP_COPY,
  OP_DELTA_RULE,
  OP_SELECTIVE_SCAN,
  OP_END,
  OP_GATED,
  OP_GET_ROWS,
  OP_LAYER_NORM,
  OP_MAP,
  OP_MATMUL,
  OP_MATMUL_DECODED,
  OP_MUL_ROW,
  OP_QUANTIZE,
  OP_RMS_NORM,
  OP_ROPE,
  OP_SCATTER_ADD,
  OP_SECTION,
  OP_STORE_KV,
  OP_TOP_K,
  OP_TRANSFER,
  QUEUE_LENGTH,
  QUEUE_STOP,
} from '../src/protocol';
import { attention, storeKv } from './operations/attention';
import { columns } from './operations/columns';
import { convolve } from './operations/convolve';
import { deltaRule, selectiveScan } from './operations/line-states';
import { add, addRow, copy, gated, map, mulRow } from './operations/elementwise';
import { layerNorm } from './operations/layer-norm';
import { matmul } from './operations/matmul';
import { matmulDecoded } from './operations/matmul-decoded';
import { quantize } from './operations/quantize';
import { rmsNorm } from './operations/rms-norm';
import { rope } from './operations/rope';
import { getRows, scatterAdd } from './operations/rows';
import { topK } from './operations/top-k';
import { section, transfer } from './operations/transfer';
import { now, record } from './profile';
import { barrier, waitWhileEqual } from './threads';

// @ts-ignore: decorator
@external('env', 'completed')
declare function completed(submissions: u32): void;

/** The loop of a worker: waits for a submission and takes part in it. Ends when the host stops the workers. */
export function work(control: usize, thread: u32, threads: u32, scratch: usize, first: u32): void {
  let next = first;
  for (;;) {
    waitWhileEqual(control + CONTROL_SUBMITTED, next);
    const list = load<u32>(control + CONTROL_QUEUE + ((next % QUEUE_LENGTH) << 2));
    if (list == QUEUE_STOP) return;
    execute(list, control, thread, threads, scratch);
    next++;
    barrier(control, threads);
    if (thread == 0) {
      atomic.store<u32>(control + CONTROL_COMPLETED, next);
      atomic.notify(control + CONTROL_COMPLETED, -1);
      completed(next);
    }
  }
}

/** Runs the share of `thread` (0 to threads - 1) of the command list at `list`. */
export function execute(list: usize, control: usize, thread: u32, threads: u32, scratch: usize): void {
  const profile = load<u32>(control + CONTROL_PROFILE);
  let ended: f64 = profile ? now() : 0;
  for (let command = list; ; command += load<u32>(command + COMMAND_BYTES)) {
    const operation = load<u32>(command + COMMAND_OPERATION);
    if (operation == OP_END) return;
    const header = load<u32>(command + COMMAND_BARRIER);
    if (header & 1) barrier(control, threads);
    const started: f64 = profile ? now() : 0;
    switch (operation) {
      case OP_RMS_NORM: rmsNorm(command); break;
      case OP_LAYER_NORM: layerNorm(command); break;
      case OP_ADD_ROW: addRow(command); break;
      case OP_MUL_ROW: mulRow(command); break;
      case OP_COLUMNS: columns(command); break;
      case OP_CONVOLVE: convolve(command); break;
      case OP_DELTA_RULE: deltaRule(command); break;
      case OP_SELECTIVE_SCAN: selectiveScan(command); break;
      case OP_MAP: map(command); break;
      case OP_QUANTIZE: quantize(command); break;
      case OP_MATMUL: matmul(command, thread); break;
      case OP_MATMUL_DECODED: matmulDecoded(command, thread); break;
      case OP_ROPE: rope(command); break;
      case OP_STORE_KV: storeKv(command); break;
      case OP_ATTENTION: attention(command, scratch); break;
      case OP_GATED: gated(command); break;
      case OP_ADD: add(command); break;
      case OP_COPY: copy(command); break;
      case OP_TOP_K: topK(command); break;
      case OP_GET_ROWS: getRows(command); break;
      case OP_SCATTER_ADD: scatterAdd(command); break;
      case OP_TRANSFER: transfer(command); break;
      case OP_SECTION: section(command, thread, threads); break;
      default: unreachable();
    }
    if (profile) {
      const waited = ended;
      ended = now();
      // The commands of a section have records of their own.
      if (operation != OP_SECTION) record(profile, thread, header >> 1, waited, started, ended);
    }
  }
}
