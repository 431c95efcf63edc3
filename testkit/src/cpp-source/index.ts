// Reads tables of test cases out of C++ source.
export { isSign, readExpression, readList, type CppExpression, type CppReader } from './expressions.ts';
export { cppTokens, type CppToken } from './tokens.ts';
