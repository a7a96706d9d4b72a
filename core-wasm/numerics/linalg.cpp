// Matrix factorisations and what follows from them. Everything is row-major and in double: float32 operands are widened on
// their way in, which is more exact than LAPACK's single precision and needs the code only once.
//
// A routine gets its sizes in `n`, its outputs first in `p`, and works on one matrix of the batch; it returns 0, or what
// went wrong: the 1-based position that PyTorch's message names.
#include "numerics.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <unsupported/Eigen/MatrixFunctions>

#include <complex>

using namespace Eigen;
using RowMatrix = Matrix<double, Dynamic, Dynamic, RowMajor>;
using In = Map<const RowMatrix>;
using Out = Map<RowMatrix>;

static In in(double* p, int rows, int cols) { return In(p, rows, cols); }
static Out out(double* p, int rows, int cols) { return Out(p, rows, cols); }

/** First zero on U's diagonal, from 1; 0 if there is none. */
static int singular(const RowMatrix& lu) {
  for (int i = 0; i < lu.rows() && i < lu.cols(); i++) {
    if (lu(i, i) == 0) return i + 1;
  }
  return 0;
}

/** Factors in place as LAPACK's getrf does, pivots 0-based; a zero pivot leaves its column. */
static void factorise(Ref<RowMatrix> a, int* pivots) {
  const int rows = a.rows(), cols = a.cols(), k = std::min(rows, cols);
  for (int j = 0; j < k; j++) {
    int best;
    a.col(j).tail(rows - j).cwiseAbs().maxCoeff(&best);
    best += j;
    pivots[j] = best;
    if (a(best, j) == 0) continue;
    if (best != j) a.row(best).swap(a.row(j));
    if (j + 1 == rows) continue;
    a.col(j).tail(rows - j - 1) /= a(j, j);
    if (j + 1 < cols) {
      a.bottomRightCorner(rows - j - 1, cols - j - 1).noalias() -=
          a.col(j).tail(rows - j - 1) * a.row(j).tail(cols - j - 1);
    }
  }
}

/** (A: n×n) → inverse */
int inverse(const int* n, double** p) {
  RowMatrix a = in(p[1], n[0], n[0]);
  VectorXi pivots(n[0]);
  factorise(a, pivots.data());
  if (int at = singular(a)) return at;
  RowMatrix x = RowMatrix::Identity(n[0], n[0]);
  for (int i = 0; i < n[0]; i++) x.row(i).swap(x.row(pivots[i]));
  a.triangularView<UnitLower>().solveInPlace(x);
  a.triangularView<Upper>().solveInPlace(x);
  out(p[0], n[0], n[0]) = x;
  return 0;
}

/** (A: n×n, B: n×m) → X with A X = B */
int solve(const int* n, double** p) {
  RowMatrix a = in(p[1], n[0], n[0]);
  VectorXi pivots(n[0]);
  factorise(a, pivots.data());
  if (int at = singular(a)) return at;
  RowMatrix x = in(p[2], n[0], n[1]);
  for (int i = 0; i < n[0]; i++) x.row(i).swap(x.row(pivots[i]));
  a.triangularView<UnitLower>().solveInPlace(x);
  a.triangularView<Upper>().solveInPlace(x);
  out(p[0], n[0], n[1]) = x;
  return 0;
}

/** (A: m×n) → LU packed, pivots from 1 as doubles */
int luFactor(const int* n, double** p) {
  RowMatrix a = in(p[2], n[0], n[1]);
  const int k = std::min(n[0], n[1]);
  VectorXi pivots(k);
  factorise(a, pivots.data());
  out(p[0], n[0], n[1]) = a;
  for (int i = 0; i < k; i++) p[1][i] = pivots[i] + 1;
  return singular(a);
}

/** (A: n×n) → sign and log of the absolute value of the determinant, and the determinant */
int determinant(const int* n, double** p) {
  RowMatrix a = in(p[3], n[0], n[0]);
  VectorXi pivots(n[0]);
  factorise(a, pivots.data());
  double sign = 1, log = 0, product = 1;
  for (int i = 0; i < n[0]; i++) {
    if (pivots[i] != i) sign = -sign, product = -product;
    const double d = a(i, i);
    product *= d;
    log += std::log(std::abs(d));
    sign *= d > 0 ? 1 : d < 0 ? -1 : 0;
  }
  *p[0] = sign;
  *p[1] = log;
  *p[2] = product;
  return 0;
}

/** (A: n×n) → lower triangle L with L Lᵀ = A, of A's lower triangle; n[1]: upper triangles */
int cholesky(const int* n, double** p) {
  RowMatrix a = in(p[1], n[0], n[0]);
  if (n[1]) a.transposeInPlace();
  RowMatrix l = RowMatrix::Zero(n[0], n[0]);
  for (int j = 0; j < n[0]; j++) {
    const double d = a(j, j) - l.row(j).head(j).squaredNorm();
    if (!(d > 0)) return j + 1;
    l(j, j) = std::sqrt(d);
    for (int i = j + 1; i < n[0]; i++) l(i, j) = (a(i, j) - l.row(i).head(j).dot(l.row(j).head(j))) / l(j, j);
  }
  if (n[1]) l.transposeInPlace();
  out(p[0], n[0], n[0]) = l;
  return 0;
}

/** (A: n×n triangular, B: n×m) → X with A X = B; n[2]: upper, n[3]: transposed, n[4]: unit diagonal */
int triangularSolve(const int* n, double** p) {
  RowMatrix a = in(p[1], n[0], n[0]);
  RowMatrix x = in(p[2], n[0], n[1]);
  bool upper = n[2];
  if (n[3]) {
    a.transposeInPlace();
    upper = !upper;
  }
  if (n[4]) a.diagonal().setOnes();
  if (upper) a.triangularView<Upper>().solveInPlace(x);
  else a.triangularView<Lower>().solveInPlace(x);
  out(p[0], n[0], n[1]) = x;
  return 0;
}

/** (A: m×n) → Q: m×k, R: k×n; n[2]: k, which is min(m, n) or m */
int qr(const int* n, double** p) {
  const int rows = n[0], cols = n[1], k = n[2];
  if (rows == 0 || cols == 0) {
    out(p[0], rows, k).setIdentity();
    out(p[1], k, cols).setZero();
    return 0;
  }
  HouseholderQR<RowMatrix> f(in(p[2], rows, cols));
  RowMatrix q = f.householderQ() * RowMatrix::Identity(rows, k);
  out(p[0], rows, k) = q;
  RowMatrix r = f.matrixQR().topRows(std::min(rows, k));
  out(p[1], k, cols).setZero();
  out(p[1], k, cols).topRows(r.rows()) = r.triangularView<Upper>();
  return 0;
}

/** (A: m×n) → U: m×u, S: k, Vᵀ: v×n; n[2]: u, n[3]: v; 0 for both: singular values only */
int svd(const int* n, double** p) {
  const int rows = n[0], cols = n[1], k = std::min(rows, cols);
  if (k == 0) {
    out(p[0], rows, n[2]).setIdentity();
    out(p[2], n[3], cols).setIdentity();
    return 0;
  }
  const In a = in(p[3], rows, cols);
  if (!a.allFinite()) return 1;
  unsigned options = 0;
  if (n[2]) options |= n[2] == rows && rows > k ? ComputeFullU : ComputeThinU;
  if (n[3]) options |= n[3] == cols && cols > k ? ComputeFullV : ComputeThinV;
  MatrixXd column = a;
  BDCSVD<MatrixXd> f(column, options);
  if (n[2]) out(p[0], rows, n[2]) = f.matrixU();
  Map<VectorXd>(p[1], k) = f.singularValues();
  if (n[3]) out(p[2], n[3], cols) = f.matrixV().transpose();
  return 0;
}

/** (A: n×n symmetric) → eigenvalues in rising order, eigenvectors in columns; n[1]: the upper triangle counts, n[2]: values only */
int eigenSymmetric(const int* n, double** p) {
  if (n[0] == 0) return 0;
  RowMatrix a = in(p[2], n[0], n[0]);
  if (!a.allFinite()) return 1;
  if (n[1]) a.transposeInPlace();
  SelfAdjointEigenSolver<RowMatrix> f(a, n[2] ? EigenvaluesOnly : ComputeEigenvectors);
  if (f.info() != Success) return 1;
  Map<VectorXd>(p[0], n[0]) = f.eigenvalues();
  if (!n[2]) out(p[1], n[0], n[0]) = f.eigenvectors();
  return 0;
}

using ComplexMatrix = Matrix<std::complex<double>, Dynamic, Dynamic, RowMajor>;

static Map<ComplexMatrix> complexAt(double* p, int rows, int cols) {
  return Map<ComplexMatrix>(reinterpret_cast<std::complex<double>*>(p), rows, cols);
}

/** Eigenvectors of length 1 with a real largest component, as LAPACK's geev gives them. */
static void writeVectors(double* p, ComplexMatrix vectors) {
  const int n = vectors.rows();
  for (int j = 0; j < n; j++) {
    int largest;
    vectors.col(j).cwiseAbs().maxCoeff(&largest);
    const auto top = vectors(largest, j);
    vectors.col(j).normalize();
    if (top.imag() == 0) continue;
    vectors.col(j) *= std::conj(top) / std::abs(top);
    vectors(largest, j).imag(0);
  }
  complexAt(p, n, n) = vectors;
}

/** (A: n×n) → eigenvalues and eigenvectors as complex numbers; n[1]: values only */
int eigenGeneral(const int* n, double** p) {
  if (n[0] == 0) return 0;
  const RowMatrix a = in(p[2], n[0], n[0]);
  if (!a.allFinite()) return 1;
  EigenSolver<RowMatrix> f(a, !n[1]);
  if (f.info() != Success) return 1;
  complexAt(p[0], n[0], 1) = f.eigenvalues();
  if (!n[1]) writeVectors(p[1], f.eigenvectors());
  return 0;
}

/** The same for complex A. */
int eigenComplex(const int* n, double** p) {
  if (n[0] == 0) return 0;
  const ComplexMatrix a = complexAt(p[2], n[0], n[0]);
  if (!a.allFinite()) return 1;
  ComplexEigenSolver<ComplexMatrix> f(a, !n[1]);
  if (f.info() != Success) return 1;
  complexAt(p[0], n[0], 1) = f.eigenvalues();
  if (!n[1]) writeVectors(p[1], f.eigenvectors());
  return 0;
}

/** (A: n×n complex) → determinant, its phase, the logarithm of its absolute value */
int determinantComplex(const int* n, double** p) {
  std::complex<double> sign = 1, product = 1;
  double log = 0;
  if (n[0] > 0) {
    const PartialPivLU<ComplexMatrix> f(complexAt(p[3], n[0], n[0]));
    product = sign = f.permutationP().determinant();
    for (int i = 0; i < n[0]; i++) {
      const auto d = f.matrixLU()(i, i);
      const double size = std::abs(d);
      product *= d;
      sign *= size > 0 ? d / size : 0;
      log += std::log(size);
    }
  }
  complexAt(p[0], 1, 1)(0, 0) = product;
  complexAt(p[1], 1, 1)(0, 0) = sign;
  *p[2] = log;
  return 0;
}

/** (A: m×n) → R with the reflectors below its diagonal, and their factors tau, as LAPACK's geqrf gives them */
int householder(const int* n, double** p) {
  const int rows = n[0], cols = n[1];
  if (rows == 0 || cols == 0) return 0;
  const HouseholderQR<RowMatrix> f(in(p[2], rows, cols));
  out(p[0], rows, cols) = f.matrixQR();
  Map<VectorXd>(p[1], std::min(rows, cols)) = f.hCoeffs();
  return 0;
}

/** (A: n×n) → exp(A), by scaling and squaring (Higham 2005) */
int exponential(const int* n, double** p) {
  if (n[0] == 0) return 0;
  const MatrixXd a = in(p[1], n[0], n[0]);
  MatrixXd e = a.exp();
  out(p[0], n[0], n[0]) = e;
  return 0;
}
