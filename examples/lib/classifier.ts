import * as torch from "flambeau";

const { nn } = torch;

/** The digit classifier of mnist.ts, predict.ts and edge/: images [N, 1, 28, 28], normalised, to logits [N, 10]. */
export function classifier(): torch.nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * 7 * 7, 10),
  );
}

/** Gray pixels [H, W] in [0, 1] as MNIST has them, [1, 1, 28, 28]: white on black. */
export function asDigit(pixels: torch.Tensor): torch.Tensor {
  const border = torch.cat([pixels.at(0), pixels.at(-1), pixels.at("...", 0), pixels.at("...", -1)], 0);
  const light = border.mean().item<number>() > 0.5;
  const image = (light ? pixels.neg().add(1) : pixels).unsqueeze(0).unsqueeze(0);
  const fits = image.shape[2] === 28 && image.shape[3] === 28;
  return fits ? image : nn.functional.adaptiveAvgPool2d(image, [28, 28]);
}
