#pragma once

// Each: sizes and flags, then pointers to one matrix of every operand, outputs first. 0, or the position of what is wrong.
int inverse(const int* n, double** p);
int solve(const int* n, double** p);
int luFactor(const int* n, double** p);
int determinant(const int* n, double** p);
int cholesky(const int* n, double** p);
int triangularSolve(const int* n, double** p);
int qr(const int* n, double** p);
int svd(const int* n, double** p);
int eigenSymmetric(const int* n, double** p);
int eigenGeneral(const int* n, double** p);
int exponential(const int* n, double** p);
int eigenComplex(const int* n, double** p);
int determinantComplex(const int* n, double** p);
int householder(const int* n, double** p);
int fourier(const int* n, double** p);
