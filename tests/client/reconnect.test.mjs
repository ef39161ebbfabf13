// One stream over several connections.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStream } from "./stream.mjs";
import { CLOSE, cut, failure, gone, open, recorded, status, stream, stub, until } from "./stub.mjs";

const QUICKLY = { delay: 1 };

// Ends of the first connection after which there is a second.
const COMES_BACK = {
    "a stream without end": [stream("data: 1\n\n"), "incomplete"],
    "a broken connection": [cut("data: 1\n\n"), "network"],
    "no answer": [gone, "network"],
    "502": [status(502), "http"],
    "503": [status(503), "http"],
    "504": [status(504, "<h1>Timeout</h1>", { "content-type": "text/html" }), "http"],
    "a failed generator": [stream('event: stream-error\nretry: 5\ndata: {"message":"m"}\n\n'), "server"],
};

for (const [name, [answer, kind]] of Object.entries(COMES_BACK)) {
    test(`it reconnects after ${name}`, async (t) => {
        const { url, requests } = await stub(t, answer, open(`event: done\ndata: 7\n\n`));
        const reading = createStream(url, { reconnect: QUICKLY, body: { a: 1 } });
        const calls = recorded(reading);
        assert.equal(await reading.start(), 7);
        assert.deepEqual(calls.of("reconnecting").map((error) => error.kind), [kind]);
        assert.deepEqual(calls.of("error"), []);
        assert.deepEqual(requests.map(({ method, body }) => `${method} ${body}`), ['POST {"a":1}', 'POST {"a":1}']);
    });
}

test("it reconnects silently after a planned end", async (t) => {
    const planned = stream("data: 1\n\n: reconnect\n\nretry: 5\n\n");
    const answers = [planned, stream(": reconnect\n\ndata: 2\n\n"), planned, gone, open("event: done\ndata: 7\n\n")];
    const { url, requests } = await stub(t, ...answers);
    const reading = createStream(url, { reconnect: QUICKLY });
    const calls = recorded(reading);
    assert.equal(await reading.start(), 7);
    assert.deepEqual(calls.of("reconnecting").map((error) => error.kind), ["incomplete", "network"]);
    assert.equal(requests.length, 5);
});

test("without reconnecting, a planned end is incomplete", async (t) => {
    const { url } = await stub(t, stream("data: 1\n\n: reconnect\n\n"));
    assert.equal((await failure(createStream(url))).kind, "incomplete");
});

// Ends without a reconnection, even so.
const STAYS = {
    "400": [status(400), "http"],
    "404": [status(404), "http"],
    "429": [status(429), "http"],
    "500": [status(500), "http"],
    "another type": [status(200, "<p>", { "content-type": "text/html" }), "content-type"],
    "a failure that closes": [stream('event: stream-error\nretry: 5\ndata: {"message":"m"}\n\n', CLOSE), "server"],
};

for (const [name, [answer, kind]] of Object.entries(STAYS)) {
    test(`it does not reconnect after ${name}`, async (t) => {
        const { url, requests } = await stub(t, answer);
        const error = await failure(createStream(url, { reconnect: QUICKLY }));
        assert.equal(error.kind, kind);
        assert.equal(requests.length, 1);
    });
}

test("a `close` after `stream-error` ends the stream", async (t) => {
    const { url, requests } = await stub(t, (response) => {
        open('event: stream-error\nretry: 5\ndata: {"message":"m"}\n\n')(response);
        setTimeout(() => response.write(CLOSE), 30);
    });
    assert.equal((await failure(createStream(url, { reconnect: QUICKLY }))).kind, "server");
    assert.equal(requests.length, 1);
});

test("the last id is sent as UTF-8, and cleared when the server clears it", async (t) => {
    const { url, requests } = await stub(
        t,
        stream("id: 7\ndata: a\n\nid: 8\ndata: incomplete"),
        stream("data: b\n\n"),
        stream("id: ü€\ndata: c\n\n"),
        stream("id\ndata: d\n\n"),
        open(CLOSE),
    );
    const reading = createStream(url, { reconnect: QUICKLY });
    const ids = [];
    await reading.progress((_, { id }) => ids.push(id)).start();
    const sent = requests.map(({ headers }) => Buffer.from(headers["last-event-id"] ?? "none", "latin1").toString());
    assert.deepEqual(sent, ["none", "7", "7", "ü€", "none"]);
    assert.deepEqual(ids, ["7", "7", "ü€", ""]);
});

test("waits double up to a limit, and start again after any data", async (t) => {
    t.mock.method(Math, "random", () => 0);
    const { url } = await stub(t, gone, status(502), gone, gone, stream(": hello\n\n"), gone, open(CLOSE));
    const waits = [];
    const reading = createStream(url, { reconnect: { delay: 10, maxDelay: 40 } });
    await reading.reconnecting((_, milliseconds) => waits.push(milliseconds)).start();
    assert.deepEqual(waits, [10, 20, 40, 40, 10, 20]);
});

test("clients reconnect at different times, and none too early", async (t) => {
    for (const [random, wait] of [[0, 20], [0.5, 25], [0.998, 30]]) {
        t.mock.method(Math, "random", () => random);
        const { url } = await stub(t, gone, open(CLOSE));
        const waits = [];
        const reading = createStream(url, { reconnect: { delay: 20 } });
        await reading.reconnecting((_, milliseconds) => waits.push(milliseconds)).start();
        assert.deepEqual(waits, [wait]);
        t.mock.restoreAll();
    }
});

test("the delay from the server applies, even above the limit", async (t) => {
    t.mock.method(Math, "random", () => 0);
    const { url } = await stub(t, stream("retry: 30\n\n"), gone, stream("retry: 5\n\n"), open(CLOSE));
    const waits = [];
    const reading = createStream(url, { reconnect: { delay: 1, maxDelay: 2 } });
    await reading.reconnecting((_, milliseconds) => waits.push(milliseconds)).start();
    assert.deepEqual(waits, [30, 30, 5]);
});

test("the delay of a failed generator applies once", async (t) => {
    t.mock.method(Math, "random", () => 0);
    const failed = stream('event: stream-error\nretry: 30\ndata: {"message":"m"}\n\n');
    const { url } = await stub(t, failed, stream("data: 1\n\n"), open(CLOSE));
    const waits = [];
    const reading = createStream(url, { reconnect: QUICKLY });
    await reading.reconnecting((_, milliseconds) => waits.push(milliseconds)).start();
    assert.deepEqual(waits, [30, 1]);
});

test("a wait longer than the longest timer does not end at once", async (t) => {
    const { url, requests } = await stub(t, stream("retry: 99999999999999\n\n"));
    const reading = createStream(url, { reconnect: true });
    let waited;
    const failed = failure(reading.reconnecting((_, milliseconds) => {
        waited = milliseconds;
        setTimeout(() => reading.abort(), 20);
    }));
    assert.equal((await failed).kind, "aborted");
    assert.equal(waited, 2 ** 31 - 1);
    assert.equal(requests.length, 1);
});

test("abort() ends the wait, also from the `reconnecting` callback", async (t) => {
    const { url, requests } = await stub(t, gone);
    for (const abort of [(reading) => reading.abort(), (reading) => setTimeout(() => reading.abort(), 5)]) {
        const reading = createStream(url, { reconnect: { delay: 600_000, maxDelay: 600_000 } });
        assert.equal((await failure(reading.reconnecting(() => abort(reading)))).kind, "aborted");
    }
    assert.equal(requests.length, 2);
});

test("each connection opens and reports its progress", async (t) => {
    const { url } = await stub(t, stream("data: 1\n\n"), stream("data: 2\n\n"), open(`data: 3\n\n${CLOSE}`));
    const reading = createStream(url, { reconnect: QUICKLY });
    const calls = recorded(reading);
    await reading.start();
    const broken = ["open", "progress", "reconnecting"];
    assert.deepEqual(calls.map(([name]) => name), [...broken, ...broken, "open", "progress", "done"]);
    assert.deepEqual(calls.of("progress"), [1, 2, 3]);
});

// The connection stays open, and nothing comes.
const silent = (text, interval) => (response) => {
    if (interval) response.setHeader("ping-interval", interval);
    open(text)(response);
};
const PATIENT = Symbol();
const SILENCES = {
    "as long as the server's pings say": ["0.01", {}, 5_020],
    "as long as the option says": [undefined, { timeout: 300 }, 300],
    "as long as the option says, not the server": ["100", { timeout: 300 }, 300],
    "for ever without pings": [undefined, {}, PATIENT],
    "for ever if the option says so": ["0.01", { timeout: 0 }, PATIENT],
    "for ever if the header is nonsense": ["often", {}, PATIENT],
};

for (const [name, [interval, options, expected]] of Object.entries(SILENCES)) {
    test(`it waits ${name}`, async (t) => {
        const { url, requests } = await stub(t, silent("data: 1\n\n", interval), open(CLOSE));
        const stream = createStream(url, { reconnect: QUICKLY, ...options });
        const calls = recorded(stream);
        const waits = [];
        const { setTimeout: later } = globalThis;
        t.mock.method(globalThis, "setTimeout", (then, milliseconds, ...rest) => {
            if (milliseconds < 100) return later(then, milliseconds, ...rest);
            waits.push(milliseconds);
            return later(then, 10, ...rest);
        });
        const ended = stream.start().catch(() => "aborted");
        if (expected === PATIENT) {
            await until(() => calls.of("progress").length);
            await new Promise((resolve) => later(resolve, 50));
            assert.deepEqual([waits, requests.length], [[], 1]);
            stream.abort();
        }
        await ended;
        if (expected === PATIENT) return;
        assert.equal(requests.length, 2);
        assert.deepEqual(calls.of("reconnecting").map((error) => [error.kind, error.message]), [
            ["network", `nothing has arrived for ${expected / 1_000} s`],
        ]);
        assert.deepEqual(new Set(waits.slice(0, 2)), new Set([expected / 2]));
        await until(() => requests[0].closed);
    });
}

test("pings keep a connection", async (t) => {
    const { url, requests } = await stub(t, async (response) => {
        open("data: 1\n\n")(response);
        for (let count = 0; count < 8; count++) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            response.write(": ping\n\n");
        }
        response.write(CLOSE);
    });
    await createStream(url, { reconnect: QUICKLY, timeout: 300 }).start();
    assert.equal(requests.length, 1);
});

test("a silent stream that doesn't reconnect fails", async (t) => {
    const { url } = await stub(t, open("data: 1\n\n"));
    const error = await failure(createStream(url, { timeout: 20 }));
    assert.deepEqual([error.kind, error.message], ["network", "nothing has arrived for 0.02 s"]);
});
