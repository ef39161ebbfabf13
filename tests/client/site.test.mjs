// The module served by hyperpy, with streams from hyperpy. SITE is the URL of the site.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, recorded, until } from "./stub.mjs";

const { SITE } = process.env;
const source = await (await fetch(`${SITE}/_hyper/stream.js`)).text();
const { createStream } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const textOf = async (path) => (await fetch(SITE + path)).text();

test("values keep their types", async () => {
    const reading = createStream(`${SITE}/values`);
    const calls = recorded(reading);
    assert.deepEqual(await reading.start(), { success: true, processed: 100 });
    assert.deepEqual(calls.of("progress"), [
        "Starting &amp; &lt;b&gt;", 42, 0.5, true, null, [1, "a"], { status: "ok", items: ["alpha"] }, "42",
        "<b>7</b>\n<i>8</i>",
    ]);
    const events = calls.filter(([name]) => name === "progress").map(([, , event]) => event);
    assert.deepEqual(events.slice(0, 2), [
        { type: "message", data: "Starting &amp; &lt;b&gt;", id: "" }, { type: "value", data: "42", id: "" },
    ]);
    assert.equal(events.at(-2).data, '"42"');
    assert.equal(calls.of("error").length, 0);
});

test("a route with a page and a stream sends the stream", async () => {
    const reading = createStream(`${SITE}/both`);
    const calls = recorded(reading);
    assert.equal(await reading.start(), undefined);
    assert.deepEqual(calls.of("progress"), ["<p>live</p>"]);
});

test("a body is read", async () => {
    const reading = createStream(`${SITE}/echo`, { body: { name: "Ada" } });
    assert.deepEqual(await reading.start(), { method: "POST", type: "application/json", body: '{"name":"Ada"}' });
});

test("errors have a kind", async () => {
    const missing = await failure(createStream(`${SITE}/nowhere`));
    assert.deepEqual([missing.kind, missing.status, missing.message], ["http", 404, "404 Not Found"]);
    const wrong = await failure(createStream(`${SITE}/number?n=x`));
    assert.deepEqual([wrong.kind, wrong.status, Object.keys(wrong.data.fields)], ["http", 422, ["n"]]);
    const page = await failure(createStream(`${SITE}/page`));
    assert.deepEqual([page.kind, page.status], ["content-type", 200]);
    const failed = await failure(createStream(`${SITE}/fragile`));
    assert.deepEqual([failed.kind, failed.status], ["server", 500]);
    assert.match(failed.log, /^[0-9a-f]{8}$/);
    assert.doesNotMatch(JSON.stringify(failed) + failed.message, /secret/);
});

test("a failed generator is requested again after its delay, but not after an error of the client", async () => {
    const reading = createStream(`${SITE}/fragile`, { reconnect: true });
    const calls = [];
    reading.reconnecting((error, milliseconds) => {
        calls.push(error.kind, milliseconds >= 30_000);
        reading.abort();
    });
    assert.equal((await failure(reading)).kind, "aborted");
    assert.deepEqual(calls, ["server", true]);
    const late = await failure(createStream(`${SITE}/late`, { reconnect: { delay: 1 } }));
    assert.deepEqual([late.kind, late.message], ["server", "Not yours"]);
});

test("a stream resumes, and 204 ends one that has been at its end", async () => {
    const resumed = createStream(`${SITE}/count`, { headers: { "Last-Event-ID": "2" } });
    const calls = recorded(resumed);
    await resumed.start();
    assert.deepEqual(calls.of("progress"), [3, 4]);
    const ended = createStream(`${SITE}/count`, { headers: { "Last-Event-ID": "close" } });
    const nothing = recorded(ended);
    assert.equal(await ended.start(), undefined);
    assert.deepEqual(nothing.map(([name]) => name), ["done"]);
});

test("abort() lets the generator's `finally` run", async () => {
    const reading = createStream(`${SITE}/watch`);
    reading.progress(() => reading.abort());
    assert.equal((await failure(reading)).kind, "aborted");
    await until(async () => (await textOf("/watchers")) === "<p>1 came, 1 left</p>");
});
