export declare const core: WebAssembly.Module;
export declare const rest: WebAssembly.Module;
