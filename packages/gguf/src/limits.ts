// Limits that no honest file exceeds. Each limit is far above the largest known model, and keeps hostile files from
// taking memory or time.

/** Bytes of everything before the tensor data. */
export const maxHeaderBytes = 2 ** 28;
/** Memory, in bytes, of all decoded values; the largest vocabularies take some 60 MB. */
export const maxDecodedBytes = 2 ** 28;
/** Metadata entries; models have 20 to 100. */
export const maxMetadataEntries = 2 ** 16;
/** Tensors; models have 100 to 50,000. */
export const maxTensors = 2 ** 18;
/** Bytes of one string; the longest are chat templates of some 10 kB. */
export const maxStringBytes = 2 ** 24;
/** Bytes of a metadata key. GGUF specification: "at most 2^16-1 bytes long". */
export const maxKeyBytes = 2 ** 16 - 1;
/** Elements of one array; vocabularies have up to 300,000 elements. */
export const maxArrayElements = 2 ** 24;
/** Strings of one array; vocabularies have up to 300,000, and twice as many merges. */
export const maxArrayStrings = 2 ** 22;
/** Elements of an array of arrays. */
export const maxNestedArrays = 2 ** 16;
/** Arrays in arrays, the outer one included. */
export const maxArrayDepth = 4;
/** Bytes of a tensor's name. ggml: `GGML_MAX_NAME` is 64, the closing zero included. */
export const maxTensorNameBytes = 63;
/** Dimensions of a tensor. ggml: `GGML_MAX_DIMS`. */
export const maxDimensions = 4;
/** `general.alignment`. GGUF specification: "must be a multiple of 8". */
export const minAlignment = 8;
export const maxAlignment = 2 ** 20;
/** The alignment if `general.alignment` is absent. */
export const defaultAlignment = 32;
