// The tester: a message is described, the worker explains what would become of it.

import { element, replace } from "./element.js";
import { showAnswer } from "./answer.js";

const SOURCE = ["platform", "chat_type", "chat_id", "user_id", "thread_id", "parent_chat_id", "scope_id", "profile"];
const MESSAGE = ["text", "message_type", "agent_id", "purpose"];

export class Tester {
  constructor(form, answer) {
    this.form = form;
    this.answer = answer;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  // Offer the platforms of the table.
  offer(platforms) {
    replace(document.getElementById("platforms"), platforms.map((each) => element("option", { value: each })));
  }

  async ask() {
    const button = this.form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch("api/explain", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(this.question()),
      });
      const said = await answer.json();
      if (answer.ok) showAnswer(this.answer, said);
      else this.refuse(said.error);
    } catch (error) {
      this.refuse(error instanceof SyntaxError ? `the JSON cannot be read: ${error.message}` : "the worker does not answer");
    }
    button.disabled = false;
    this.answer.focus({ preventScroll: true });
    this.answer.scrollIntoView({ block: "nearest" });
  }

  question() {
    const said = Object.fromEntries([...new FormData(this.form)].map(([key, value]) => [key, value.trim()]));
    const stated = (keys) => Object.fromEntries(keys.filter((key) => said[key]).map((key) => [key, said[key]]));
    const beside = stated(["publisher", "at"]);
    if (said.json) return { ...beside, message: JSON.parse(said.json) };
    const override = stated(["model", "runtime"]);
    const message = { ...stated(MESSAGE), source: stated(SOURCE) };
    if (said.hops) message.hops = Number(said.hops);
    if (Object.keys(override).length) message.override = override;
    return { ...beside, message };
  }

  refuse(line) {
    replace(this.answer, element("p", { class: "bad", role: "alert" }, `No answer: ${line}`));
  }
}
