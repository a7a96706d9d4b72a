// vmap and its gradients on a second device.
import { expect, test } from "vitest";
import * as torch from "./library.ts";
const { vmap, grad, jacrev } = torch.func;
const F = torch.nn.functional;
test("vmap runs on a device", async () => {
  const [x, w, y] = [torch.randn(4, 3), torch.randn(2, 3), torch.tensor([0, 1, 1, 0], { dtype: "int64" })];
  const loss = (w: any, x: any, y: any) => F.crossEntropy(F.linear(x, w), y);
  const want = vmap(grad(loss), [null, 0, 0])(w, x, y);
  const got = vmap(grad(loss), [null, 0, 0])(w.to("webgpu"), x.to("webgpu"), y.to("webgpu"));
  expect(got.device).toBe("webgpu");
  expect(torch.allclose(await got.cpu(), want)).toBe(true);
  const k = torch.randn(2, 1, 3, 3),
    im = torch.randn(3, 1, 5, 5);
  const cnn = (k: any, v: any) => F.maxPool2d(F.relu(F.conv2d(v.unsqueeze(0), k)), 2).sum();
  const a = vmap(grad(cnn), [null, 0])(k, im),
    b = vmap(grad(cnn), [null, 0])(k.to("webgpu"), im.to("webgpu"));
  expect(torch.allclose(await b.cpu(), a)).toBe(true);
  const i = torch.tensor([2, 0, 1, 1], { dtype: "int64" });
  const at = (d: string) => vmap((v: any, i: any) => v.at(i))(x.to(d as any), i.to(d as any));
  expect((await (at("webgpu") as any).cpu()).tolist()).toEqual((at("cpu") as any).tolist());
  expect(
    torch.allclose(await (jacrev((v: any) => v.sin())(x.to("webgpu")) as any).cpu(), jacrev((v: any) => v.sin())(x)),
  ).toBe(true);
  expect(
    torch.allclose(
      await (vmap((v: any) => torch.kron(v, v))(x.to("webgpu")) as any).cpu(),
      vmap((v: any) => torch.kron(v, v))(x),
    ),
  ).toBe(true);
});
