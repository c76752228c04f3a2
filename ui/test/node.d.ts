// The few names of node:test and node:assert that the unit tests use.
declare module 'node:test' {
  export function test(name: string, body: () => void | Promise<void>): void;
}
declare module 'node:assert/strict' {
  const assert: { equal<T>(got: T, want: T, message?: string): void; deepEqual<T>(got: T, want: T, message?: string): void; ok(value: unknown, message?: string): void };
  export default assert;
}
