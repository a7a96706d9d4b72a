// What of ONNX's messages is read and written: onnx.proto of the ONNX standard.

import { decode, encode, schemaOf } from "./protobuf.ts";

const SCHEMA = schemaOf({
  Model: {
    1: "irVersion:i",
    2: "producerName:s",
    3: "producerVersion:s",
    7: "graph:Graph",
    8: "opsetImport:OperatorSet*",
    14: "metadataProps:Entry*",
    25: "functions:Function*",
  },
  OperatorSet: { 1: "domain:s", 2: "version:i" },
  Entry: { 1: "key:s", 2: "value:s" },
  Function: { 1: "name:s", 10: "domain:s" },
  Graph: {
    1: "node:Node*",
    2: "name:s",
    5: "initializer:Tensor*",
    15: "sparseInitializer:Sparse*",
    11: "input:ValueInfo*",
    12: "output:ValueInfo*",
  },
  Sparse: {},
  Node: { 1: "input:s*", 2: "output:s*", 3: "name:s", 4: "opType:s", 5: "attribute:Attribute*", 7: "domain:s" },
  Attribute: {
    1: "name:s",
    2: "f:f",
    3: "i:i",
    4: "s:b",
    5: "t:Tensor",
    6: "g:Graph",
    7: "floats:f*",
    8: "ints:i*",
    9: "strings:b*",
    20: "type:i",
  },
  Tensor: {
    1: "dims:i*",
    2: "dataType:i",
    4: "floatData:f*",
    5: "int32Data:i*",
    7: "int64Data:l*",
    8: "name:s",
    9: "rawData:b",
    10: "doubleData:d*",
    11: "uint64Data:l*",
    13: "externalData:Entry*",
    14: "dataLocation:i",
  },
  ValueInfo: { 1: "name:s", 2: "type:Type" },
  Type: { 1: "tensorType:TensorType", 4: "sequenceType:SequenceType" },
  TensorType: { 1: "elemType:i", 2: "shape:Shape" },
  SequenceType: { 1: "elemType:Type" },
  Shape: { 1: "dim:Dim*" },
  Dim: { 1: "dimValue:i", 2: "dimParam:s" },
});

export interface ModelProto {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: GraphProto;
  opsetImport: { domain?: string; version?: number }[];
  metadataProps: EntryProto[];
  functions: { name?: string; domain?: string }[];
}
export interface EntryProto {
  key?: string;
  value?: string;
}
export interface GraphProto {
  node: NodeProto[];
  name?: string;
  initializer: TensorProto[];
  sparseInitializer?: unknown[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}
export interface NodeProto {
  input: string[];
  output: string[];
  name?: string;
  opType?: string;
  domain?: string;
  attribute: AttributeProto[];
}
export interface AttributeProto {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
  type?: number;
}
export interface TensorProto {
  dims: number[];
  dataType?: number;
  floatData: number[];
  int32Data: number[];
  int64Data: bigint[];
  name?: string;
  rawData?: Uint8Array;
  doubleData: number[];
  uint64Data: bigint[];
  externalData: EntryProto[];
  dataLocation?: number;
}
export interface ValueInfoProto {
  name?: string;
  type?: TypeProto;
}
export interface TypeProto {
  tensorType?: { elemType?: number; shape?: { dim: { dimValue?: number; dimParam?: string }[] } };
  sequenceType?: { elemType?: TypeProto };
}

export const readModel = (bytes: Uint8Array): ModelProto => decode(SCHEMA, "Model", bytes) as unknown as ModelProto;

/** What is written may lack lists. */
export type Written<T> = T extends Uint8Array
  ? T
  : T extends (infer E)[]
    ? Written<E>[]
    : T extends object
      ? { [K in keyof T]?: Written<T[K]> }
      : T;

export const writeModel = (model: Written<ModelProto>): Uint8Array => encode(SCHEMA, "Model", model);
