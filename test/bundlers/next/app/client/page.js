"use client";
import { useEffect } from "react";

async function run() {
  const { program } = await import("../program.js");
  console.log(`result ${JSON.stringify(await program())}`);
}

export default function Page() {
  useEffect(() => void run().catch((error) => console.log(`failure ${error.stack}`)), []);
  return <p>the same in the page</p>;
}
