// The check of a token for the header `Authorization: Bearer`.

/**
 * Whether a text is printable ASCII without spaces and quotes. RFC 6750, 2.1, allows fewer characters, but servers issue
 * tokens with other characters, such as `1|abc`. Quotes are refused: quotes come from files of variables that are read
 * without a shell.
 */
export const isBearerToken = (text: string): boolean => /^[!#-&(-~]+$/.test(text);
