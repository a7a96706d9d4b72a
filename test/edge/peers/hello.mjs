// The least that a worker can be: what workerd itself takes to start.
export default { fetch: () => Response.json({ class: -1 }) };
