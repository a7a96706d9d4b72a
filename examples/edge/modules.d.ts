// Bundlers give the bytes of the file.
declare module "*.safetensors" {
  const bytes: ArrayBuffer;
  export default bytes;
}
