// Everything that adds methods to Tensor, in one place: whoever makes a tensor gets them all.

import "../gen/methods.ts";
import "../autograd/backward.ts";
import "../autograd/hooks.ts";
import "./convert.ts";
import "./index.ts";
import "./reductions.ts";
