// The snapshots of a sale as they come: an event stream, and asking when it is silent.
//
// Of all tabs that show a sale, one leads: it alone holds the stream, and gives every snapshot to the others.
// It leads for as long as it holds a Web Lock, which the browser hands to the next tab when it closes or
// crashes. Some browsers freeze tabs in the background, lock and all: when the leader is silent for too
// long, the tab that is looked at takes the lock. Where there are no locks, every tab looks after itself.
//
// `sluice_feed(base, hear)` begins; `base` is the sale's route, and `hear` is called with each snapshot. It answers
// for how many milliseconds nothing can happen that this shopper has to know at once: who is far from the front asks
// rarely, who is near asks often. `sluice_feed` returns a function that asks now.

// While the stream is open, silence is news too: ask only after this long.
const STREAM_SILENCE_MS = 15000;
// A leader may be silent for as long as this, and as a hidden tab that polls waits at most.
const LEADER_SILENCE_MS = 10000;
// So long may a new stream take to tell its first news before the edge is asked as well.
const FIRST_NEWS_MS = 5000;
// A stream that the browser gave up is opened again after about this long.
const REOPEN_MS = 20000;
// However calm it is: a pause or a new rate may come at any time.
const CALM_MS = 5000;
const TICK_MS = 250;

// Who presses a button before the page is awake has pressed it: the press is made good when it wakes.
let pressed;
const remember = ({ target }) => {
  pressed = target.closest('button')?.id;
};
document.addEventListener('click', remember);
const makeGood = () => {
  document.removeEventListener('click', remember);
  if (pressed) setTimeout(() => document.getElementById(pressed)?.click());
};

globalThis.sluice_feed = (base, hear) => {
  const name = `sluice-feed-${base}`;
  const tabs = globalThis.BroadcastChannel && navigator.locks && new BroadcastChannel(name);
  let leads = false;
  let stream;
  let pollAfter = 1000;
  let askAt;
  let reopenAt = Infinity;
  let tickedAt = performance.now();
  // The time as this tab has lived it, for all waits: where ticks come late, the tab was asleep or the machine
  // is overrun, and then the news are on their way and nobody is to blame for the silence.
  let lived = 0;

  const inAbout = (ms, spread) => lived + ms * (1 + spread * (2 * Math.random() - 1));
  // Everybody's own 20 % keep the crowd from asking in step; nobody looks at a hidden tab.
  const wait = (ms) => {
    askAt = inAbout(ms * (document.hidden ? 4 : 1), 0.2);
  };

  const take = (snapshot, streamed) => {
    // A third of the calm: the line may move faster than its rate when people do not show up.
    const calm = Math.min(hear(snapshot) / 3, CALM_MS);
    pollAfter = Math.max(250, snapshot.poll_after_ms, calm);
    if (!leads) wait(Math.max(LEADER_SILENCE_MS, 5 * snapshot.poll_after_ms));
    else wait(streamed ? Math.max(STREAM_SILENCE_MS, pollAfter) : pollAfter);
  };
  const tell = (snapshot, streamed) => {
    tabs?.postMessage(snapshot);
    take(snapshot, streamed);
  };

  const connect = () => {
    reopenAt = Infinity;
    stream = new EventSource(`${base}/events`);
    stream.onmessage = ({ data }) => tell(JSON.parse(data), true);
  };
  const ask = async () => {
    wait(Math.max(1000, pollAfter));
    const answer = await fetch(`${base}/status`).catch(() => undefined);
    if (answer?.ok) tell(await answer.json(), false);
  };

  const lead = (now) => {
    if (leads === now) return;
    leads = now;
    if (leads) {
      wait(FIRST_NEWS_MS);
      connect();
    } else {
      stream.close();
      wait(LEADER_SILENCE_MS);
    }
  };
  const standInLine = (steal) => {
    const hold = () => {
      lead(true);
      return new Promise(() => {});
    };
    navigator.locks.request(name, { steal }, hold).catch((error) => {
      const taken = error.name === 'AbortError';
      lead(!taken);
      if (taken) standInLine(false);
    });
  };

  const tick = () => {
    const late = performance.now() - tickedAt;
    tickedAt += late;
    // Browsers let hidden tabs tick rarely, on purpose.
    lived += document.hidden ? late : Math.min(late, 2 * TICK_MS);
    if (!leads) {
      if (lived < askAt) return;
      wait(LEADER_SILENCE_MS);
      if (!document.hidden) standInLine(true);
      return;
    }
    if (stream.readyState === EventSource.CLOSED && reopenAt === Infinity) {
      reopenAt = inAbout(REOPEN_MS, 0.5);
      // The stream was the news; from now on the polls are.
      wait(pollAfter);
    }
    if (lived >= reopenAt) connect();
    if (lived >= askAt) ask();
  };

  wait(LEADER_SILENCE_MS);
  if (tabs) {
    tabs.onmessage = ({ data }) => take(data, false);
    standInLine(false);
  } else {
    lead(true);
  }
  setInterval(tick, TICK_MS);
  makeGood();
  return ask;
};
