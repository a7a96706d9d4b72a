# Writes functional.json: python3 functional.py > functional.json
import torch, json
from torch.autograd import functional as F
torch.set_default_dtype(torch.float64)
x=torch.tensor([0.5,-1.0,2.0]); y=torch.tensor([1.5,0.25,-0.75])
f=lambda a,b: (a.sin()*b, (a*b).sum())
g=lambda a: (a**3).sum()+a[0]*a[1]
g2=lambda a,b: (a**2*b).sum()
t=lambda v: v.tolist() if isinstance(v,torch.Tensor) else [t(i) for i in v]
print(json.dumps({
 "jacobian": t(F.jacobian(f,(x,y))), "jacobian1": t(F.jacobian(lambda a:a.exp(),x)),
 "hessian": t(F.hessian(g,x)), "hessian2": t(F.hessian(g2,(x,y))),
 "vjp": t(F.vjp(f,(x,y),(torch.ones(3),torch.tensor(2.)))), "jvp": t(F.jvp(f,(x,y),(torch.ones(3),torch.tensor([1.,2,3])))),
 "vhp": t(F.vhp(g,x,torch.tensor([1.,2,3]))), "hvp": t(F.hvp(g,x,torch.tensor([1.,2,3]))), "hvp2": t(F.hvp(g2,(x,y),(torch.ones(3),torch.tensor([1.,2,3]))))}))
