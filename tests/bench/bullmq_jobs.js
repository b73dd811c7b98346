// One job per person and step, as a worker of a queue does it: take the job, move the person on, queue the next.
// node bullmq_jobs.js FOLDER PORT PEOPLE STEPS: prints the seconds from the first job to the last as JSON.
const { createRequire } = require("node:module");
const [folder, port, people, steps] = process.argv.slice(2).map((each, place) => (place ? Number(each) : each));
const fetched = createRequire(folder + "/package.json");
const { Queue, Worker } = fetched("bullmq");
const Redis = fetched("ioredis");
const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };

async function main() {
  const queue = new Queue("steps", { connection });
  const fresh = (person, step) => ({
    name: "step",
    data: { person, step },
    opts: { removeOnComplete: true, removeOnFail: true },
  });
  const chunk = 1000;
  let moved = 0;
  const store = new Redis(connection);
  const begun = process.hrtime.bigint();
  for (let first = 0; first < people; first += chunk) {
    const count = Math.min(chunk, people - first);
    await queue.addBulk(Array.from({ length: count }, (_, place) => fresh(first + place, 0)));
  }
  const done = new Promise((resolve) => {
    const worker = new Worker(
      "steps",
      async (job) => {
        const { person, step } = job.data;
        await store.hset("position:" + person, "step", step + 1);
        if (step + 1 < steps) await queue.addBulk([fresh(person, step + 1)]);
        moved += 1;
        if (moved === people * steps) resolve(worker);
      },
      { connection, concurrency: 100 },
    );
  });
  await (await done).close();
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  await queue.close();
  store.disconnect();
  console.log(JSON.stringify({ moves: moved, seconds }));
}

main();
