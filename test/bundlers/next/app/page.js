import { program } from "./program.js";

export const dynamic = "force-dynamic";

export default async function Page() {
  return <pre>result {JSON.stringify(await program())} end</pre>;
}
