// The discrete Fourier transform of complex lines of any length, by mixed radix: a prime factor p costs p² per n / p.
#include "numerics.h"

#include <unsupported/Eigen/FFT>

#include <complex>
#include <vector>

/** (x: n complex numbers) → their transform, not scaled; n[1]: the inverse one */
int fourier(const int* n, double** p) {
  using Complex = std::complex<double>;
  static Eigen::FFT<double> transform(Eigen::default_fft_impl<double>(), Eigen::FFT<double>::Unscaled);
  auto* to = reinterpret_cast<Complex*>(p[0]);
  auto* from = reinterpret_cast<const Complex*>(p[1]);
  if (n[1]) transform.inv(to, from, n[0]);
  else transform.fwd(to, from, n[0]);
  return 0;
}
