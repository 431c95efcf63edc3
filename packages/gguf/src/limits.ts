// Limits that no valid model exceeds. Each limit is far above the largest known model, and keeps hostile files from
// taking much memory or time.

/** Number of bytes before the tensor data. */
export const maxHeaderBytes = 2 ** 28;
/** Memory, in bytes, of all decoded values; the largest vocabularies take some 60 MB. */
export const maxDecodedBytes = 2 ** 28;
/** Number of metadata entries; models have 20 to 100 entries. */
export const maxMetadataEntries = 2 ** 16;
/** Number of tensors; models have 100 to 50,000 tensors. */
export const maxTensors = 2 ** 18;
/** Bytes of one string; the longest strings are chat templates of some 10 kB. */
export const maxStringBytes = 2 ** 24;
/** Bytes of a metadata key. GGUF specification: "at most 2^16-1 bytes long". */
export const maxKeyBytes = 2 ** 16 - 1;
/** Number of elements in one array; vocabularies have up to 300,000 elements. */
export const maxArrayElements = 2 ** 24;
/** Number of strings in one array; vocabularies have up to 300,000 strings, and twice as many merges. */
export const maxArrayStrings = 2 ** 22;
/** Number of elements in an array of arrays. */
export const maxNestedArrays = 2 ** 16;
/** Depth of arrays in arrays, the outermost array included. */
export const maxArrayDepth = 4;
/** Bytes of a tensor's name. ggml: `GGML_MAX_NAME` is 64, the closing zero included. */
export const maxTensorNameBytes = 63;
/** Number of dimensions of a tensor. ggml: `GGML_MAX_DIMS`. */
export const maxDimensions = 4;
/** `general.alignment`. GGUF specification: "must be a multiple of 8". */
export const minAlignment = 8;
export const maxAlignment = 2 ** 20;
/** The alignment if `general.alignment` is absent. */
export const defaultAlignment = 32;
