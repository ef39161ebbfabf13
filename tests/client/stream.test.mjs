// One connection: its request, its events and its end.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { createStream, StreamError } from "./stream.mjs";
import { CLOSE, cut, failure, goesOn, gone, open, recorded, status, stream, stub, until } from "./stub.mjs";

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

// The text that a server sends, and the value that arrives.
const VALUES = {
    '"42"': "42", "42": 42, "-1.5": -1.5, "true": true, "null": null, "[1,null]": [1, null], '{"a":[{}]}': { a: [{}] },
    "": "", "text": "text", "<b>5</b>": "<b>5</b>", "5 &lt; 7": "5 &lt; 7", "{a}": "{a}", "NaN": "NaN",
};

for (const [text, value] of Object.entries(VALUES)) {
    test(`data: ${text}`, async (t) => {
        const { url } = await stub(t, stream(`id: 7\nevent: x\ndata: ${text}\n\n`, `event: done\ndata: ${text}\n\n`));
        for (const [json, expected] of [[true, value], [false, text]]) {
            const reading = createStream(url, { json });
            const calls = recorded(reading);
            assert.deepEqual(await reading.start(), expected);
            const event = { type: "x", data: text, id: "7" };
            assert.deepEqual(calls.slice(1), [["progress", expected, event], ["done", expected]]);
        }
    });
}

test("bytes that arrive one by one", async (t) => {
    const text = '\ufeff: ping\r\n\r\nid: ü\r\ndata: "é€"\r\ndata: 😀\r\n\r\nevent: done\rdata: 1\r\r';
    const { url } = await stub(t, async (response) => {
        response.writeHead(200, { "content-type": "Text/Event-Stream" });
        for (const byte of new TextEncoder().encode(text)) {
            await new Promise((resolve) => response.write(Uint8Array.of(byte), () => setImmediate(resolve)));
        }
    });
    const reading = createStream(url);
    const calls = recorded(reading);
    assert.equal(await reading.start(), 1);
    assert.deepEqual(calls.of("progress"), ['"é€"\n😀']);
});

// Complete streams: the text that a server sends, and the final packet.
const ENDS = {
    "close": [`data: 1\n\n${CLOSE}data: 2\n\n`, undefined],
    "done": ['data: 1\n\nevent: done\ndata: {"ok":true}\n\ndata: 2\n\n', { ok: true }],
    "done, then close": [`data: 1\n\nevent: done\ndata: 3\n\n${CLOSE}`, 3],
};

for (const [name, [text, final]] of Object.entries(ENDS)) {
    for (const reconnect of [false, true]) {
        test(`${name} is the end, and the rest is read, with reconnect: ${reconnect}`, async (t) => {
            let isOver = false;
            const { url, requests } = await stub(t, goesOn(text, () => isOver));
            const reading = createStream(url, { reconnect });
            const calls = recorded(reading);
            assert.deepEqual(await reading.start(), final);
            assert.deepEqual(calls.map(([what]) => what), ["open", "progress", "done"]);
            isOver = true;
            await until(() => requests[0].closed);
            assert.ok(requests[0].complete);
            assert.equal(calls.length, 3);
            assert.equal(requests.length, 1);
        });
    }
}

test("204 ends the stream", async (t) => {
    const { url, requests } = await stub(t, status(204));
    assert.equal(await createStream(url, { reconnect: true }).start(), undefined);
    assert.equal(requests.length, 1);
});

test("a JSON response is the final data", async (t) => {
    const { url } = await stub(t, status(200, '{"ok":true}', { "content-type": "application/problem+json" }));
    assert.deepEqual(await createStream(url).start(), { ok: true });
    assert.equal(await createStream(url, { json: false }).start(), '{"ok":true}');
});

test("the end of the body is the end if `close` is not expected", async (t) => {
    const { url } = await stub(t, stream("data: 1\n\n"));
    const reading = createStream(url, { expectClose: false, reconnect: true });
    const calls = recorded(reading);
    assert.equal(await reading.start(), undefined);
    assert.deepEqual(calls.of("progress"), [1]);
});

// Failing streams: the response of the server, and the properties of the error.
const FAILURE = 'event: stream-error\nretry: 30000\ndata: {"message":"Sorry","log":"ab12"}\n\n';
const FAILURES = {
    "an HTTP error": [status(500, "Oh no"), { kind: "http", status: 500, body: "Oh no", data: "Oh no" }],
    "one in words alone": [status(404), { kind: "http", message: "404 Not Found", body: "" }],
    "one in JSON": [
        status(422, '{"detail":"Wrong","errors":{"n":"not a number"}}', JSON_TYPE),
        {
            kind: "http", status: 422, message: "422 Wrong", detail: "Wrong",
            data: { detail: "Wrong", errors: { n: "not a number" } },
        },
    ],
    "an HTTP error with events": [
        (response) => response.writeHead(503, { "content-type": "text/event-stream" }).write("data: 1\n\n"),
        { kind: "http", status: 503, body: "" },
    ],
    "another type": [
        status(200, "<p>", { "content-type": "text/html; charset=utf-8" }),
        { kind: "content-type", status: 200, message: "the response is text/html, not text/event-stream" },
    ],
    "no type": [status(200, "x"), { kind: "content-type", status: 200 }],
    "no answer": [gone, { kind: "network", status: null, response: null }],
    "a broken connection": [cut("data: 1\n\n"), { kind: "network" }],
    "no end": [stream("data: 1\n\ndata: 2\n"), { kind: "incomplete", status: 200 }],
    "a failed generator": [
        stream("data: 1\n\n", FAILURE),
        { kind: "server", status: 200, message: "Sorry", log: "ab12", details: undefined },
    ],
    "one that is not cut": [open(FAILURE), { kind: "server", message: "Sorry" }],
    "one that closes": [stream(FAILURE, CLOSE), { kind: "server", message: "Sorry" }],
    "one with a status and a detail": [
        stream('event: stream-error\ndata: {"status":409,"message":"Conflict","log":"ab12","detail":{"code":7}}\n\n'),
        { kind: "server", status: 409, message: "Conflict", detail: { code: 7 }, log: "ab12" },
    ],
    "one with details": [stream('event: stream-error\ndata: {"message":"m","details":"d"}\n\n'), { details: "d" }],
    "one in words": [stream("event: stream-error\ndata: out of order\n\n"), { message: "out of order" }],
    "one of null": [stream("event: stream-error\ndata: null\n\n"), { kind: "server", message: "null", data: null }],
};

for (const [name, [answer, expected]] of Object.entries(FAILURES)) {
    test(`${name} is an error`, async (t) => {
        const { url, requests } = await stub(t, answer);
        const reading = createStream(url);
        const calls = recorded(reading);
        const error = await failure(reading);
        assert.ok(error instanceof StreamError && error instanceof Error);
        assert.equal(error.name, "StreamError");
        for (const [field, value] of Object.entries(expected)) assert.deepEqual(error[field], value, field);
        assert.deepEqual(calls.of("error"), [error]);
        assert.deepEqual([calls.of("done"), calls.of("reconnecting")], [[], []]);
        assert.equal(requests.length, 1);
    });
}

test("a network error has a cause", async (t) => {
    const { url } = await stub(t, gone);
    assert.ok((await failure(createStream(url))).cause instanceof TypeError);
});

test("`fail` is `error`, and callbacks are called in turn", async (t) => {
    const { url } = await stub(t, status(404));
    const calls = [];
    const reading = createStream(url).error((error) => calls.push(1, error)).fail((error) => calls.push(2, error));
    const error = await failure(reading);
    assert.deepEqual(calls, [1, error, 2, error]);
});

test("abort() ends the connection, and no more arrives", async (t) => {
    const { url, requests } = await stub(t, open("data: 1\n\ndata: 2\n\n"));
    const reading = createStream(url, { reconnect: true });
    const calls = recorded(reading);
    const error = await failure(reading.progress(() => reading.abort("enough")));
    assert.deepEqual([error.kind, error.cause], ["aborted", "enough"]);
    assert.deepEqual([calls.of("progress"), calls.of("error"), calls.of("done")], [[1], [error], []]);
    await until(() => requests[0].closed);
    assert.equal(requests.length, 1);
});

test("abort() before the response, before the start, and after the end", async (t) => {
    const { url, requests } = await stub(t, () => {}, open(CLOSE));
    const waiting = createStream(url);
    const failed = failure(waiting);
    await until(() => requests.length === 1);
    waiting.abort();
    assert.equal((await failed).kind, "aborted");
    const early = createStream(url);
    early.abort();
    assert.equal((await failure(early)).kind, "aborted");
    assert.equal(requests.length, 1);
    const late = createStream(url);
    const calls = recorded(late);
    await late.start();
    late.abort();
    assert.deepEqual(calls.map(([name]) => name), ["open", "done"]);
});

test("a signal aborts", async (t) => {
    const { url, requests } = await stub(t, open("data: 1\n\n"));
    const controller = new AbortController();
    const reading = createStream(url, { signal: controller.signal }).progress(() => controller.abort("left"));
    const error = await failure(reading);
    assert.deepEqual([error.kind, error.cause], ["aborted", "left"]);
    assert.equal((await failure(createStream(url, { signal: controller.signal }))).kind, "aborted");
    assert.equal(requests.length, 1);
    assert.deepEqual(getEventListeners(controller.signal, "abort"), []);
});

test("start() sends one request and always returns the same promise", async (t) => {
    const { url, requests } = await stub(t, open(CLOSE));
    const reading = createStream(url);
    assert.equal(reading.start(), reading.start());
    await reading.start();
    assert.equal(requests.length, 1);
});

// Programs that only their stream keeps running, and whether Node reports its error as uncaught.
const PROGRAMS = {
    "createStream(url).start();": true,
    "createStream(url).progress(() => {}).done(() => {}).start();": true,
    "createStream(url).error(() => {}).start();": false,
    "createStream(url).start().catch(() => {});": false,
    "const s = createStream(url); s.start(); s.abort();": false,
};

for (const [program, reported] of Object.entries(PROGRAMS)) {
    test(`${reported ? "" : "not "}reported: ${program}`, async (t) => {
        const { url } = await stub(t, status(500));
        const module = new URL("./stream.mjs", import.meta.url);
        const source = `import { createStream } from "${module}"; const url = "${url}"; ${program}`;
        const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source]);
        const { stderr } = await run.catch((error) => error);
        if (reported) assert.match(stderr, /StreamError: 500 Internal Server Error/);
        else assert.equal(stderr, "");
    });
}

test("a callback that throws does not end the stream, and its error is reported", async (t) => {
    const { url } = await stub(t, stream("data: 1\n\ndata: 2\n\n", CLOSE));
    const thrown = [];
    const listen = (error) => thrown.push(error.message);
    process.setUncaughtExceptionCaptureCallback(listen);
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
    const reading = createStream(url).progress((data) => { throw new Error(`no ${data}`); });
    const calls = recorded(reading);
    await reading.start();
    await until(() => thrown.length === 2);
    assert.deepEqual(thrown, ["no 1", "no 2"]);
    assert.deepEqual(calls.of("progress"), [1, 2]);
});

test("open() receives the response", async (t) => {
    const { url } = await stub(t, (response) => {
        response.writeHead(201, { "content-type": "text/event-stream", "x-symbol": "slt" }).end(CLOSE);
    });
    const reading = createStream(new URL(url));
    const calls = recorded(reading);
    await reading.start();
    const [response] = calls.of("open");
    assert.deepEqual([response.ok, response.status, response.url], [true, 201, url]);
    assert.equal(response.headers.get("x-symbol"), "slt");
});

const form = new FormData();
form.set("a", "1");

// Requests: the options, the method, the content type, and the body.
const BODIES = {
    "nothing": [{}, "GET", undefined, ""],
    "a string": [{ body: "é" }, "POST", "text/plain;charset=UTF-8", "é"],
    "an empty string": [{ body: "" }, "POST", "text/plain;charset=UTF-8", ""],
    "an object": [{ body: { a: [1] } }, "POST", "application/json", '{"a":[1]}'],
    "an object without a prototype": [{ body: Object.create(null) }, "POST", "application/json", "{}"],
    "an array": [{ body: [1, "2"], method: "PUT" }, "PUT", "application/json", '[1,"2"]'],
    "an object of a type": [{ body: {}, headers: { "Content-Type": "text/x" } }, "POST", "text/x", "{}"],
    "parameters": [
        { body: new URLSearchParams({ a: "b c" }) }, "POST", "application/x-www-form-urlencoded;charset=UTF-8", "a=b+c",
    ],
    "a blob": [{ body: new Blob(["x"], { type: "text/csv" }) }, "POST", "text/csv", "x"],
    "bytes": [{ body: new TextEncoder().encode("x") }, "POST", undefined, "x"],
    "a form": [{ body: form }, "POST", /^multipart\/form-data; boundary=/, /name="a"\r\n\r\n1\r\n/],
};

for (const [name, [options, method, type, body]] of Object.entries(BODIES)) {
    test(`${name} is sent`, async (t) => {
        const { url, requests } = await stub(t, open(CLOSE));
        const fractions = [];
        await createStream(url, options).uploadProgress((fraction) => fractions.push(fraction)).start();
        const [request] = requests;
        assert.equal(request.method, method);
        if (type instanceof RegExp) assert.match(request.headers["content-type"], type);
        else assert.equal(request.headers["content-type"], type);
        if (body instanceof RegExp) assert.match(request.body, body);
        else assert.equal(request.body, body);
        assert.equal(request.headers.accept, "text/event-stream, application/json");
        assert.equal(request.headers["last-event-id"], undefined);
        assert.deepEqual(fractions, [1]);
    });
}

test("headers are sent, and may replace ours", async (t) => {
    const { url, requests } = await stub(t, open(CLOSE));
    await createStream(url, { headers: new Headers({ Accept: "text/event-stream", "X-A": "b" }) }).start();
    assert.deepEqual([requests[0].headers.accept, requests[0].headers["x-a"]], ["text/event-stream", "b"]);
});

test("an invalid request is rejected at once", () => {
    assert.throws(() => createStream("/no/base/here"), TypeError);
    assert.throws(() => createStream("http://x/", { method: "GET", body: "x" }), TypeError);
    assert.throws(() => createStream("http://x/", { headers: { "a b": "c" } }), TypeError);
    assert.throws(() => createStream("http://x/").progress("x"), TypeError);
});
