// The module's exports: memory for operands, and one entry for all routines.
#include "numerics.h"

#include <emscripten.h>

#include <cstdlib>

using Routine = int (*)(const int*, double**);

// in the order of Routine in bindings/linalg/module.ts
static const Routine routines[] = {inverse, solve,          luFactor,     determinant, cholesky, triangularSolve, qr, svd,
                                   eigenSymmetric, eigenGeneral, exponential, fourier,
                                   eigenComplex, determinantComplex, householder};

static const int MAX_OPERANDS = 8;

extern "C" {

EMSCRIPTEN_KEEPALIVE double* reserve(size_t bytes) { return static_cast<double*>(aligned_alloc(16, (bytes + 15) & ~15)); }

EMSCRIPTEN_KEEPALIVE void release(double* p) { free(p); }

/**
 * Runs a routine over a batch. `operands`: pointers; `steps`: doubles from one matrix of the batch to the next.
 * Writes every matrix's return value into `info`.
 */
EMSCRIPTEN_KEEPALIVE void compute(int routine, const int* sizes, int batch, int count, double** operands, const int* steps,
                                  int* info) {
  double* p[MAX_OPERANDS];
  for (int k = 0; k < count; k++) p[k] = operands[k];
  for (int b = 0; b < batch; b++) {
    info[b] = routines[routine](sizes, p);
    for (int k = 0; k < count; k++) p[k] += steps[k];
  }
}
}
