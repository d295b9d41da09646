// Follow a task from a page: each event once and in order, however often the line is cut, until the task has ended.
// `askForStream` resolves to the address of the task's stream with a fresh ticket, or to null: ask again later.
// `tell` gets each event's type and data; `stream.end` is the last.
const TYPES = `submitted queued started progress message split retrying requeued waiting answered pausing paused
  resumed told cancelling completed failed cancelled timed_out expired`.split(/\s+/).map((word) => `task.${word}`);

export async function follow(askForStream, tell) {
  const seen = { last: 0 };
  while (true) {
    const url = await askForStream();
    if (url && (await listen(`${url}&after=${Math.max(seen.last - 1, 0)}`, seen, tell))) return;
    await new Promise((resume) => setTimeout(resume, 1500 + 1500 * Math.random()));
  }
}

// One line, from one event before the last, so that an end that was cut off is told again; says whether it has ended.
function listen(url, seen, tell) {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const take = (event) => {
      if (Number(event.lastEventId) <= seen.last) return;
      seen.last = Number(event.lastEventId);
      tell(event.type, JSON.parse(event.data));
    };
    const stop = (hasEnded) => {
      source.close();
      resolve(hasEnded);
    };
    for (const type of [...TYPES, "gap"]) source.addEventListener(type, take);
    source.addEventListener("stream.end", (event) => {
      tell(event.type, JSON.parse(event.data));
      stop(true);
    });
    source.onerror = () => stop(false); // left alone, it would come again with the ticket that is spent
  });
}
