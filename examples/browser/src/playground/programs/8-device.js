// WebGPU, where there is one
const why = (await torch.webgpu.isAvailable()) ? "" : "There is no WebGPU here, so this runs on the CPU.";
const device = why ? "cpu" : "webgpu";
if (why) print(why);
else await torch.webgpu.init();

const a = torch.randn([512, 512]).to(device);
const b = torch.randn([512, 512]).to(device);
const product = a.matmul(b);
// what is on the device is read asynchronously
print(product.device, await product.sum().itemAsync());
print(torch.backends());
print(torch.memoryStats());
