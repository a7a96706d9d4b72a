/**
 * Ops that `flambeau/core` has as methods of tensors alone; their functions are in bindings/gen/rare-functions.ts, which is
 * part of `flambeau`. To add one takes a function from programs that use it.
 */
const OPS = `
  acos acosh addbmm addmv addr aminmax angle argwhere asStridedScatter asin asinh atan atan2 atanh baddbmm bincount
  bitwiseAnd bitwiseLeftShift bitwiseNot bitwiseOr bitwiseRightShift bitwiseXor broadcastTo clampMax combinations
  copysign corrcoef cosh countNonzero cov cross cummax cummin cumprod deg2rad diag diagEmbed diagflat diagonalScatter
  diff digamma dist erfc erfinv exp2 fliplr flipud floatPower floorDivide fmax fmin fmod frac frexp gcd heaviside
  histc hypot i0 indexCopy indexFill indexReduce inner isclose isneginf isposinf isreal kron kthvalue lcm ldexp
  lgamma log10 logaddexp logaddexp2 logcumsumexp logicalXor logit maskedScatter maskedSelect mode movedim msort
  nanToNum nanmean nanquantile nansum narrowCopy nextafter positive quantile rad2deg ravel remainder renorm
  repeatInterleave roll rot90 rsub scatterReduce selectScatter sgn signbit sinc sinh sliceScatter splitWithSizes take
  takeAlongDim tan tile trace trueDivide vdot xlogy
`;

export const METHODS_ONLY: ReadonlySet<string> = new Set(OPS.trim().split(/\s+/));
