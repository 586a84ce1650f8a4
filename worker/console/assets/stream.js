// What the worker tells once a second, and what becomes of the connection.

const AGAIN = 4000;

export class Stream {
  // `onOverview` gets each overview, `onState` gets `live` or `lost` and a line about it.
  constructor(onOverview, onState) {
    this.onOverview = onOverview;
    this.onState = onState;
    this.open();
  }

  open() {
    this.source = new EventSource("api/events");
    this.source.addEventListener("overview", (event) => {
      this.onState("live", "live");
      this.onOverview(JSON.parse(event.data));
    });
    this.source.addEventListener("end", () => this.lost("the worker ends"));
    this.source.addEventListener("error", () => this.onError());
  }

  async onError() {
    if (this.source.readyState !== EventSource.CLOSED) {
      this.onState("lost", "reconnecting"); // the browser tries by itself
      return;
    }
    this.source.close();
    let line = "no connection";
    try {
      const answer = await fetch("api/overview", { cache: "no-store" });
      if (answer.status === 401) location.reload();
      if (answer.ok) {
        line = "too many pages look";
        this.onOverview(await answer.json());
      }
    } catch {
      // the worker is away; it may come back
    }
    this.lost(line);
  }

  lost(line) {
    this.source.close();
    this.onState("lost", line);
    setTimeout(() => this.open(), AGAIN);
  }
}
