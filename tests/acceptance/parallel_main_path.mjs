// The vendor's TypeScript client on its main path; what it saw is printed as JSON.
import Parallel from "parallel-web";

const client = new Parallel({ baseURL: process.env.BASE_URL, apiKey: process.env.API_KEY });
const notes = process.env.NOTES;
const text = { output_schema: { type: "text" } };

async function resultOf(runId) {
  for (;;) {
    try {
      return await client.taskRun.result(runId, { timeout: 25 });
    } catch (error) {
      if (error.status !== 408) throw error;
    }
  }
}

async function collect(stream) {
  const seen = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

const run = await client.taskRun.create({ input: `What is its height?\n${notes}`, processor: "base", task_spec: text });
const result = await resultOf(run.run_id);
const retrieved = await client.taskRun.retrieve(run.run_id);
const input = await client.taskRun.retrieveInput(run.run_id);
const events = await collect(await client.taskRun.events(run.run_id));

const group = await client.taskGroup.create({ metadata: { from: "node" } });
const inputs = [1, 2, 3].map((n) => ({ input: { n, notes }, processor: "lite", metadata: { n } }));
const schema = { type: "object", properties: { height: { type: "number" } }, required: ["height"], additionalProperties: false };
const spec = { output_schema: { type: "json", json_schema: schema } };
const added = await client.taskGroup.addRuns(group.taskgroup_id, { inputs, default_task_spec: spec });
const live = await collect(await client.taskGroup.events(group.taskgroup_id, { timeout: 60 }));
const runs = await collect(
  await client.taskGroup.getRuns(group.taskgroup_id, { include_input: true, include_output: true }),
);
const rest = await collect(await client.taskGroup.getRuns(group.taskgroup_id, { last_event_id: runs[0].event_id }));
const after = await client.taskGroup.retrieve(group.taskgroup_id);

const missing = await client.taskRun.retrieve("trun_" + "0".repeat(32)).catch((error) => error);
const refused = await client.taskRun.create({ input: "x", processor: "nonsense" }).catch((error) => error);
const names = [missing, refused].map((error) => [error.constructor.name, error.status, error.error?.type]);

console.log(JSON.stringify({ run, result, retrieved, input, events, added, live, runs, rest, after, names }));
