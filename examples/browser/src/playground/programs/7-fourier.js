// Fourier transforms: a signal without its noise
await torch.linalg.load();

const n = 512;
const t = torch.arange(n).div(n);
const wave = t
  .mul(2 * Math.PI * 5)
  .sin()
  .add(
    t
      .mul(2 * Math.PI * 23)
      .sin()
      .mul(0.5),
  );
const noisy = wave.add(torch.randn([n]).mul(0.6));

const spectrum = torch.fft.rfft(noisy);
plot(spectrum.abs().narrow(0, 0, 60), { title: "spectrum" });

// what is small goes
const kept = torch.where(spectrum.abs().gt(60), spectrum, torch.zerosLike(spectrum));
const clean = torch.fft.irfft(kept, n);
plot(t, { noisy, clean, wave }, { title: "with noise, and without" });
print("error before", noisy.sub(wave).pow(2).mean().sqrt(), "after", clean.sub(wave).pow(2).mean().sqrt());
