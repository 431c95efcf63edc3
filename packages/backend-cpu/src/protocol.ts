// The protocol of host and kernels: operation numbers and the layout of the control block. This file is compiled twice, by
// TypeScript for the host and by AssemblyScript (`assembly/`) for the kernels, so it contains only plain constants.

// A command: four header words, then its parameters, all unsigned 32-bit.
/** Byte 0: the operation's number. */
export const COMMAND_OPERATION = 0;
/** Byte 4: bit 0 is set if all threads must have finished the earlier commands; the other bits are the command's mark. */
export const COMMAND_BARRIER = 4;
/** Byte 8: the next chunk of work that no thread has taken yet. */
export const COMMAND_COUNTER = 8;
/** Byte 12: length of the whole command in bytes. */
export const COMMAND_BYTES = 12;
/** Byte 16: the parameters. */
export const COMMAND_PARAMETERS = 16;

export const OP_END = 0;
export const OP_RMS_NORM = 1;
export const OP_QUANTIZE = 2;
export const OP_MATMUL = 3;
export const OP_ROPE = 4;
export const OP_STORE_KV = 5;
export const OP_ATTENTION = 6;
export const OP_GATED = 7;
export const OP_ADD = 8;
export const OP_COPY = 9;
export const OP_TOP_K = 10;
export const OP_GET_ROWS = 11;
export const OP_SCATTER_ADD = 12;
export const OP_MATMUL_DECODED = 13;
/** Copies bytes from one memory to another. */
export const OP_TRANSFER = 14;
/** Executes a list that lies in another memory. */
export const OP_SECTION = 15;
export const OP_LAYER_NORM = 16;
export const OP_ADD_ROW = 17;
/** A function of each value. */
export const OP_MAP = 18;
export const OP_MUL_ROW = 19;
export const OP_COLUMNS = 20;
export const OP_CONVOLVE = 21;
export const OP_DELTA_RULE = 22;
export const OP_SELECTIVE_SCAN = 23;

export const ACTIVATION_SILU = 0;
export const ACTIVATION_GELU = 1;
export const ACTIVATION_SIGMOID = 2;
export const ACTIVATION_SOFTPLUS = 3;
export const ACTIVATION_IDENTITY = 4;
export const ACTIVATION_RELU2 = 5;
/** The form of gate that is not `activation(gate) * up`. `OP_MAP` does not support this number. */
export const GATED_SWIGLU_OAI = 6;

/** Functions of one value: the activations by their numbers above, and these functions with a numeric parameter. */
export const MAP_SCALE = 16;
export const MAP_SOFTCAP = 17;

// The forms of matmul's input.
/** Unchanged float32 values. */
export const INPUT_F32 = 0;
/** Blocks of 32: int8 values, then a float32 scale and an int32 sum for each block. */
export const INPUT_Q8_32 = 1;
/** Blocks of 32: int16 values, for kernels with signed bytes as weights, then a float32 scale for each block. */
export const INPUT_Q8_32_WIDE = 2;
/** Blocks of 256: int8 values, then a float32 scale for each block, then an int16 sum for each 16 values. */
export const INPUT_Q8_256 = 3;

// The control block: each word that several threads write has its own cache line.
/** Number of submissions so far. Written by the host; workers wait for changes. */
export const CONTROL_SUBMITTED = 0;
/** Number of finished submissions. Written by worker 0; the host waits for changes. */
export const CONTROL_COMPLETED = 64;
/** Number of workers that have arrived at the barrier. */
export const CONTROL_ARRIVED = 128;
/** Number of barriers passed. */
export const CONTROL_GENERATION = 192;
/** Address of the threads' records of a profile; 0 if nothing is recorded. */
export const CONTROL_PROFILE = 224;
/** Addresses of command lists, a ring of QUEUE_LENGTH words. */
export const CONTROL_QUEUE = 256;
export const QUEUE_LENGTH = 64;
/** Queued instead of a list's address: the workers leave their loop. */
export const QUEUE_STOP = 0;
export const CONTROL_BYTES = 512;

/** Number of records that a thread keeps; later records overwrite the oldest. */
export const RECORDS_PER_THREAD = 4096;
/** A record: the mark of the command, and at bytes 8, 16 and 24 three times in milliseconds, as float64. */
export const RECORD_BYTES = 32;
/** Bytes of a thread's records: first RECORD_BYTES that begin with the number of records so far, then the ring of records. */
export const PROFILE_BYTES = 131104;

/** First address for allocations; lower addresses hold the kernels' constants. */
export const ARENA_START = 65536;

/** Bytes of the scores of a tile of positions in attention. */
export const SCORES_BYTES = 2048;
/** The most heads that attention computes together. */
export const HEADS_PER_UNIT = 64;
/** Bytes of the states of HEADS_PER_UNIT heads: two float32 values per head. */
export const STATES_BYTES = 512;
/** Bytes of keys, or of values, of a quantized cache that are decoded at once. */
export const DECODED_BYTES = 32768;
/** Bytes of each thread's own memory for attention: scores, a state for each head, decoded keys and decoded values. */
export const SCRATCH_BYTES = 68096;
