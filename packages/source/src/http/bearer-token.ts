// What can be a token in the header `Authorization: Bearer`.

/**
 * Whether a text is printable ASCII without spaces and quotes. RFC 6750, 2.1, allows fewer characters, but servers give out
 * tokens with others, such as `1|abc`; quotes come from files of variables that are read without a shell.
 */
export const isBearerToken = (text: string): boolean => /^[!#-&(-~]+$/.test(text);
