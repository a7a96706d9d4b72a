// Everything that adds methods to Tensor, in one place: whoever makes a tensor gets them all.

import "../gen/methods.ts";
import "./arithmetic.ts";
import "../autograd/backward.ts";
import "../autograd/hooks.ts";
import "./convert.ts";
import "./index.ts";
import "./later.ts";
import "./reductions.ts";
import "./shapes.ts";
import { factoryMethods } from "../factories.ts";
import { defineAbsentMethods } from "../parts.ts";
import { randomMethods } from "../random.ts";
import { defineMethods } from "./call.ts";
import { Tensor } from "./tensor.ts";

defineMethods(Tensor, factoryMethods);
defineMethods(Tensor, randomMethods);
defineAbsentMethods();
