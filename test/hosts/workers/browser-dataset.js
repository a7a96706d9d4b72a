// A dataset of a page, and of its workers: import maps do not reach those, so that the package is imported by its address.
import * as torch from "../../../dist/browser.js";

export default class Squares extends torch.utils.data.Dataset {
  constructor(length) {
    super();
    this.length = length;
  }
  get(index) {
    if (index === 90) throw new torch.ValueError("ninety");
    return [torch.full([2], index * index), torch.utils.data.getWorkerInfo()?.id ?? -1];
  }
}
