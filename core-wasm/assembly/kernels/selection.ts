// Partial sorts of keys with their positions. Which of several equal elements comes first is not specified by PyTorch but
// visible in the indices that it returns; the algorithms are therefore those of libstdc++ (introselect, introsort, heap
// select), comparison for comparison, and PyTorch's own quickselect for kthvalue.

/** An array of keys and, in the same order, of positions. */
@unmanaged
export class Pairs {
  keys: usize;
  positions: usize;
}

// @ts-ignore: decorator
@inline
function key<K>(p: Pairs, i: i32): K {
  return load<K>(p.keys + <usize>i * sizeof<K>());
}

// @ts-ignore: decorator
@inline
function position(p: Pairs, i: i32): u32 {
  return load<u32>(p.positions + ((<usize>i) << 2));
}

// @ts-ignore: decorator
@inline
function put<K>(p: Pairs, i: i32, value: K, at: u32): void {
  store<K>(p.keys + <usize>i * sizeof<K>(), value);
  store<u32>(p.positions + ((<usize>i) << 2), at);
}

// @ts-ignore: decorator
@inline
function swap<K>(p: Pairs, i: i32, j: i32): void {
  const k = key<K>(p, i);
  const at = position(p, i);
  put<K>(p, i, key<K>(p, j), position(p, j));
  put<K>(p, j, k, at);
}

function insertionSort<K>(p: Pairs, first: i32, last: i32): void {
  for (let i = first + 1; i < last; i++) {
    const k = key<K>(p, i);
    const at = position(p, i);
    let j = i - 1;
    for (; j >= first && k < key<K>(p, j); j--) put<K>(p, j + 1, key<K>(p, j), position(p, j));
    put<K>(p, j + 1, k, at);
  }
}

// ---- heaps -------------------------------------------------------------------------------------------------------

function sink<K>(p: Pairs, first: i32, hole: i32, length: i32, k: K, at: u32): void {
  const top = hole;
  let child = hole;
  while (child < (length - 1) / 2) {
    child = 2 * (child + 1);
    // no branch: which is the greater is anyone's guess
    child -= i32(key<K>(p, first + child) < key<K>(p, first + child - 1));
    put<K>(p, first + hole, key<K>(p, first + child), position(p, first + child));
    hole = child;
  }
  if ((length & 1) == 0 && child == (length - 2) / 2) {
    child = 2 * (child + 1);
    put<K>(p, first + hole, key<K>(p, first + child - 1), position(p, first + child - 1));
    hole = child - 1;
  }
  let parent = (hole - 1) / 2;
  while (hole > top && key<K>(p, first + parent) < k) {
    put<K>(p, first + hole, key<K>(p, first + parent), position(p, first + parent));
    hole = parent;
    parent = (hole - 1) / 2;
  }
  put<K>(p, first + hole, k, at);
}

function popHeap<K>(p: Pairs, first: i32, last: i32, result: i32): void {
  const k = key<K>(p, result);
  const at = position(p, result);
  put<K>(p, result, key<K>(p, first), position(p, first));
  sink<K>(p, first, 0, last - first, k, at);
}

/** std::make_heap of the first `length` */
export function makeHeap<K>(p: Pairs, first: i32, length: i32): void {
  for (let parent = (length - 2) / 2; length >= 2 && parent >= 0; parent--) {
    sink<K>(p, first, parent, length, key<K>(p, first + parent), position(p, first + parent));
  }
}

/** The greatest of the first `length`, which are a heap, gives way to another. */
export function replaceTop<K>(p: Pairs, length: i32, k: K, at: u32): void {
  sink<K>(p, 0, 0, length, k, at);
}

/** std::sort_heap */
export function sortHeap<K>(p: Pairs, first: i32, middle: i32): void {
  for (let end = middle; end - first > 1; end--) popHeap<K>(p, first, end - 1, end - 1);
}

function heapSelect<K>(p: Pairs, first: i32, middle: i32, last: i32): void {
  makeHeap<K>(p, first, middle - first);
  for (let i = middle; i < last; i++) if (key<K>(p, i) < key<K>(p, first)) popHeap<K>(p, first, middle, i);
}

/** std::partial_sort: the smallest middle - first elements come first, in order. */
export function partialSort<K>(p: Pairs, first: i32, middle: i32, last: i32): void {
  heapSelect<K>(p, first, middle, last);
  sortHeap<K>(p, first, middle);
}

// ---- quicksort ---------------------------------------------------------------------------------------------------

function partition<K>(p: Pairs, first: i32, last: i32): i32 {
  const a = first + 1;
  const b = first + (last - first) / 2;
  const c = last - 1;
  const ka = key<K>(p, a);
  const kb = key<K>(p, b);
  const kc = key<K>(p, c);
  // the median of three becomes the pivot, at `first`
  if (ka < kb) swap<K>(p, first, kb < kc ? b : ka < kc ? c : a);
  else swap<K>(p, first, ka < kc ? a : kb < kc ? c : b);
  const pivot = key<K>(p, first);
  let i = first + 1;
  let j = last;
  while (true) {
    while (key<K>(p, i) < pivot) i++;
    j--;
    while (pivot < key<K>(p, j)) j--;
    if (i >= j) break;
    swap<K>(p, i, j);
    i++;
  }
  return i;
}

// @ts-ignore: decorator
@inline
function depthLimit(n: i32): i32 {
  return 2 * (31 - clz(n));
}

/** std::nth_element: the element that belongs at `nth` gets there, smaller ones before it. */
export function nthElement<K>(p: Pairs, first: i32, nth: i32, last: i32): void {
  if (first == last || nth == last) return;
  let depth = depthLimit(last - first);
  while (last - first > 3) {
    if (depth-- == 0) {
      heapSelect<K>(p, first, nth + 1, last);
      swap<K>(p, first, nth);
      return;
    }
    const cut = partition<K>(p, first, last);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  insertionSort<K>(p, first, last);
}

function introsortLoop<K>(p: Pairs, first: i32, last: i32, depth: i32): void {
  while (last - first > 16) {
    if (depth-- == 0) {
      partialSort<K>(p, first, last, last);
      return;
    }
    const cut = partition<K>(p, first, last);
    introsortLoop<K>(p, cut, last, depth);
    last = cut;
  }
}

/** std::sort. */
export function introsort<K>(p: Pairs, first: i32, last: i32): void {
  if (last - first < 2) return;
  introsortLoop<K>(p, first, last, depthLimit(last - first));
  insertionSort<K>(p, first, last);
}

/** PyTorch's quick_select_template: the element that belongs at `nth` gets there. */
export function quickSelect<K>(p: Pairs, nth: i32, n: i32): void {
  let left = 0;
  let right = n - 1;
  while (right > left) {
    if (right == left + 1) {
      if (key<K>(p, left) > key<K>(p, right)) swap<K>(p, left, right);
      return;
    }
    swap<K>(p, left + (right - left) / 2, left + 1);
    if (key<K>(p, left + 1) > key<K>(p, right)) swap<K>(p, left + 1, right);
    if (key<K>(p, left) > key<K>(p, right)) swap<K>(p, left, right);
    if (key<K>(p, left + 1) > key<K>(p, left)) swap<K>(p, left + 1, left);
    const pivot = key<K>(p, left);
    let i = left + 1;
    let j = right;
    for (;;) {
      do i++;
      while (pivot > key<K>(p, i));
      do j--;
      while (key<K>(p, j) > pivot);
      if (j < i) break;
      swap<K>(p, i, j);
    }
    swap<K>(p, left, j);
    if (j <= nth) left = i;
    if (j >= nth) right = j - 1;
  }
}
