// Objects that are functions: modules and transforms are called as `model(x)`.

/**
 * Makes a function an instance: it gets the class's prototype in place of Function's, and loses the properties of functions, so
 * that `apply`, `name` and `length` are the class's own.
 */
export function asInstance<T extends object>(self: (...args: never[]) => unknown, prototype: T): T {
  delete (self as { name?: unknown }).name;
  delete (self as { length?: unknown }).length;
  return Object.setPrototypeOf(self, prototype) as T;
}
