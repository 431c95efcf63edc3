// The number of columns that a kernel multiplies with a row at once. Like a format, a number is a class without instances:
// `changetype<C>(0)` names it, so that a kernel is written once and compiled for each number.

/** One column. */
// @ts-ignore: decorator
@unmanaged
export class One {
  @inline columns(): i32 { return 1; }
}

/** Two columns. */
// @ts-ignore: decorator
@unmanaged
export class Two {
  @inline columns(): i32 { return 2; }
}

/** Three columns. */
// @ts-ignore: decorator
@unmanaged
export class Three {
  @inline columns(): i32 { return 3; }
}

/** Four columns. */
// @ts-ignore: decorator
@unmanaged
export class Four {
  @inline columns(): i32 { return 4; }
}
