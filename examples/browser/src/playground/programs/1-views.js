// Tensors, views and broadcasting
const a = torch.arange(12).view([3, 4]);
print(a);

// a view shares its storage: writing one shows in the other
const column = a.select(1, 0);
column.fill_(-1);
print("first column through a view:", column.tolist());
print(a);

// a transposed tensor is a view, too; reshape copies only when it must
const t = a.t();
print("strides", a.stride(), "and transposed", t.stride(), "contiguous:", t.isContiguous());

// broadcasting: [3, 1] with [4] is [3, 4]
const rows = torch.tensor([[10], [20], [30]]);
const columns = torch.tensor([1, 2, 3, 4]);
print(rows.add(columns));

// indices: rows of a tensor, and a mask
const x = torch.randn([2, 3]);
print(x);
print("positive ones:", x.maskedSelect(x.gt(0)));
print(a.dtype, x.dtype, a.add(x.narrow(0, 0, 1).sum()).dtype);
