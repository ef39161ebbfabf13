/**
 * `createStream(url)` sends a request and reads server-sent events from the response. It supports every method, request
 * bodies, headers and upload progress. It tells a complete stream from a broken one, and can reconnect.
 *
 *     import { createStream } from "/_hyper/stream.js";
 *     createStream("/import", { body: new FormData(form) }).progress(console.log).done(console.log).start();
 */

const EVENT_STREAM = "text/event-stream";
const JSON_TYPE = /^application\/(.+\+)?json$/;

const UNAVAILABLE = [502, 503, 504]; // a proxy's status while the server restarts
const DELAYS = { delay: 1_000, maxDelay: 30_000 }; // milliseconds
const MAX_TIMER = 2 ** 31 - 1;

const noop = () => {};

/** Why a stream failed. `kind`: "aborted", "content-type", "http", "incomplete", "network" or "server". */
export class StreamError extends Error {
    constructor(kind, message, { cause, response = null, status, body = "", data, detail, log, details } = {}) {
        super(message, { cause });
        this.name = "StreamError";
        this.kind = kind;
        this.response = response;
        this.status = status ?? response?.status ?? null;
        this.body = body;
        this.data = data;
        this.detail = detail;
        this.log = log;
        this.details = details;
    }
}

/** Parses text/event-stream (WHATWG HTML, "Server-sent events"): decoded text without a BOM, in chunks of any size. */
export class EventParser {
    #line = "";
    #afterCR = false;
    #data = "";
    #type = "";
    #id;

    /** `lastEventId` is the last id of the previous connection. */
    constructor(lastEventId = "") {
        this.lastEventId = this.#id = lastEventId;
        this.retry = undefined; // milliseconds
        this.planned = false; // hyperpy's last comment: the stream ends here, and goes on after reconnecting
    }

    /** Parse the next chunk; returns the events that it completes. */
    push(text) {
        const events = [];
        if (text === "") return events;
        // A CR ends its line at once; the LF of a CRLF may arrive with the next chunk.
        const lines = (this.#afterCR && text[0] === "\n" ? text.slice(1) : text).split(/\r\n|\r|\n/);
        this.#afterCR = text.endsWith("\r");
        lines[0] = this.#line + lines[0];
        this.#line = lines.pop();
        for (const line of lines) {
            if (line !== "") this.#field(line);
            else this.#dispatch(events);
        }
        return events;
    }

    #field(line) {
        const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        if (name !== "retry") this.planned = name === "" && value === "reconnect";
        if (name === "data") this.#data += value + "\n";
        else if (name === "event") this.#type = value;
        else if (name === "id" && !value.includes("\0")) this.#id = value;
        else if (name === "retry" && /^[0-9]+$/.test(value)) this.retry = Number(value);
    }

    #dispatch(events) {
        this.lastEventId = this.#id;
        if (this.#data) events.push({ type: this.#type || "message", data: this.#data.slice(0, -1), id: this.#id });
        this.#data = this.#type = "";
    }
}

/** A stream; `start()` sends its request. Throws TypeError for an invalid request. */
export function createStream(url, options) {
    return new Stream(url, options);
}

class Stream {
    #callbacks = { open: [], progress: [], uploadProgress: [], reconnecting: [], done: [], error: [] };
    #controller = new AbortController();
    #signal = this.#controller.signal;
    #outerSignal;
    #result = null;
    #lastEventId = "";
    #closed = false;
    #failures = 0;
    #url; #init; #settings; #delays;

    constructor(url, { reconnect = false, json = true, expectClose = true, timeout, signal, ...request } = {}) {
        this.#url = url;
        this.#init = requestInit(request);
        this.#settings = { json, expectClose, timeout };
        this.#delays = reconnect ? { ...DELAYS, ...reconnect } : null;
        this.#outerSignal = signal;
        new Request(url, this.#init); // throws now what `fetch` would report as a network error
    }

    open(callback) { return this.#on("open", callback); }
    progress(callback) { return this.#on("progress", callback); }
    uploadProgress(callback) { return this.#on("uploadProgress", callback); }
    reconnecting(callback) { return this.#on("reconnecting", callback); }
    done(callback) { return this.#on("done", callback); }
    error(callback) { return this.#on("error", callback); }
    fail(callback) { return this.#on("error", callback); }

    /** Send the request, once. Resolves to the final data; rejects when the `error` callbacks are called. */
    start() {
        return (this.#result ??= this.#conclude());
    }

    /** Close the connection. A stream that has not ended fails, with the reason as the `cause` of its error. */
    abort(reason) {
        this.#controller.abort(reason);
    }

    #on(name, callback) {
        if (typeof callback !== "function") throw new TypeError(`${name}() needs a function`);
        this.#callbacks[name].push(callback);
        return this;
    }

    #notify(name, ...values) {
        for (const callback of this.#callbacks[name]) {
            try {
                callback(...values);
            } catch (error) {
                queueMicrotask(() => { throw error; }); // a bug of the page, which must not end the stream
            }
        }
    }

    async #conclude() {
        const outer = this.#outerSignal;
        const abort = () => this.abort(outer.reason);
        if (outer?.aborted) abort();
        outer?.addEventListener("abort", abort);
        try {
            const data = await this.#run();
            this.#notify("done", data);
            return data;
        } catch (error) {
            // Browsers report unhandled rejections. That is not needed with error callbacks, or after an abort.
            if (this.#callbacks.error.length || error.kind === "aborted") this.#result.catch(noop);
            this.#notify("error", error);
            throw error;
        } finally {
            outer?.removeEventListener("abort", abort);
        }
    }

    async #run() {
        for (;;) {
            const parser = new EventParser(this.#lastEventId);
            try {
                this.#signal.throwIfAborted();
                return await this.#connect(parser);
            } catch (cause) {
                const error = this.#explain(cause);
                if (!this.#mayReconnect(error)) throw error;
                await this.#pause(error, parser);
            }
        }
    }

    /** Open one connection and read it. Returns the final data. */
    async #connect(parser) {
        const { response, body } = await this.#request();
        if (response.status === 204) return undefined;
        const type = (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
        const reader = body.getReader();
        try {
            if (!response.ok) throw httpError(response, type === EVENT_STREAM ? "" : await wholeText(reader));
            if (JSON_TYPE.test(type)) return this.#value(await wholeText(reader));
            if (type !== EVENT_STREAM) {
                const found = type || "without a content type";
                throw new StreamError("content-type", `the response is ${found}, not ${EVENT_STREAM}`, { response });
            }
            this.#notify("open", response);
            return await this.#read(reader, parser, response);
        } finally {
            this.#lastEventId = parser.lastEventId;
            if (this.#closed) skipRest(reader); // the server may still have work to do, which disconnecting could end
            else reader.cancel().catch(noop);
        }
    }

    async #read(reader, parser, response) {
        let failure = null;
        for await (const piece of pieces(reader, this.#settings.timeout ?? longestSilence(response.headers))) {
            this.#failures = 0;
            for (const event of parser.push(piece)) {
                this.#signal.throwIfAborted();
                if (event.type === "stream-error") {
                    failure = serverError(event.data, response);
                } else if (event.type === "close" || event.type === "done") {
                    this.#closed = true;
                    if (failure) throw failure;
                    return event.type === "done" ? this.#value(event.data) : undefined;
                } else {
                    this.#notify("progress", this.#value(event.data), event);
                }
            }
            if (failure && !this.#delays) break; // a `close` after it matters only for reconnecting
        }
        if (failure) throw failure;
        if (this.#settings.expectClose) throw new StreamError("incomplete", "the stream ended early", { response });
    }

    #value(text) {
        return this.#settings.json ? parsed(text) : text;
    }

    #request() {
        const headers = new Headers(this.#init.headers);
        if (this.#lastEventId) headers.set("last-event-id", asBytes(this.#lastEventId));
        const init = { ...this.#init, headers, signal: this.#signal };
        const report = (fraction) => this.#notify("uploadProgress", fraction);
        const watched = this.#callbacks.uploadProgress.length > 0 && init.body !== null && init.credentials !== "omit";
        return (watched && globalThis.XMLHttpRequest ? viaXHR : viaFetch)(this.#url, init, report);
    }

    #explain(cause) {
        const { aborted, reason } = this.#signal;
        if (aborted) return new StreamError("aborted", "the stream was aborted", { cause: reason });
        return cause instanceof StreamError ? cause : new StreamError("network", "the connection failed", { cause });
    }

    #mayReconnect({ kind, status }) {
        if (!this.#delays || this.#closed) return false;
        return ["incomplete", "network", "server"].includes(kind) || (kind === "http" && UNAVAILABLE.includes(status));
    }

    /** Wait before reconnecting: at least as long as `retry`, longer after each failure, with jitter. */
    async #pause(error, { planned, retry = this.#delays.delay }) {
        if (error.kind !== "server") this.#delays.delay = retry; // the `retry` of a `stream-error` applies only once
        const longest = Math.max(retry, this.#delays.maxDelay);
        const delay = Math.min(retry * 2 ** this.#failures++, longest) * (1 + Math.random() / 2);
        const milliseconds = Math.min(Math.round(delay), MAX_TIMER);
        if (!planned || error.kind !== "incomplete") this.#notify("reconnecting", error, milliseconds);
        await sleep(milliseconds, this.#signal);
    }
}

function requestInit({ method, body = null, headers, credentials = "same-origin" }) {
    const init = { body, headers: new Headers(headers), credentials, cache: "no-store" };
    init.method = method ?? (body === null ? "GET" : "POST");
    // hyperpy sends errors as JSON to clients that accept it, with the invalid inputs by name.
    if (!init.headers.has("accept")) init.headers.set("accept", `${EVENT_STREAM}, application/json`);
    if (isPlain(body)) {
        init.body = JSON.stringify(body);
        if (!init.headers.has("content-type")) init.headers.set("content-type", "application/json");
    }
    return init;
}

async function viaFetch(url, init, report) {
    const { body, ok, status, statusText, url: final, headers } = await fetch(url, init);
    report(1);
    const text = (body ?? new Blob().stream()).pipeThrough(new TextDecoderStream());
    return { response: { ok, status, statusText, url: final, headers }, body: text };
}

/** Uses XMLHttpRequest, because `fetch` reports no upload progress. Keeps the whole response in memory. */
function viaXHR(url, { method, body, headers, credentials, signal }, report) {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    xhr.withCredentials = credentials === "include";
    xhr.overrideMimeType("text/plain; charset=utf-8");
    headers.forEach((value, name) => xhr.setRequestHeader(name, value));
    xhr.upload.onprogress = ({ loaded, total }) => { if (loaded < total) report(loaded / total); };
    xhr.upload.onload = () => report(1);
    const abort = () => xhr.abort();
    signal.addEventListener("abort", abort);
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    return new Promise((resolve, reject) => {
        const text = receivedText(xhr, reject);
        xhr.onreadystatechange = () => {
            if (xhr.readyState !== XMLHttpRequest.HEADERS_RECEIVED) return;
            const { status, statusText, responseURL } = xhr;
            const ok = status >= 200 && status < 300;
            resolve({ response: { ok, status, statusText, url: responseURL, headers: headersOf(xhr) }, body: text });
        };
        xhr.send(body);
    });
}

/** The response body as a stream of text. `reject` is called for a failure before the headers. */
function receivedText(xhr, reject) {
    let taken = 0;
    const start = (controller) => {
        xhr.onprogress = () => {
            const text = xhr.responseText.slice(taken);
            taken += text.length;
            if (text) controller.enqueue(text);
        };
        xhr.onload = () => {
            xhr.onprogress();
            controller.close();
        };
        xhr.onerror = xhr.onabort = () => {
            const error = new TypeError("XMLHttpRequest failed");
            controller.error(error);
            reject(error);
        };
    };
    const cancel = () => {
        xhr.onprogress = xhr.onload = xhr.onerror = xhr.onabort = null;
        xhr.abort();
    };
    return new ReadableStream({ start, cancel });
}

function headersOf(xhr) {
    const lines = xhr.getAllResponseHeaders().split("\r\n").filter(Boolean);
    return new Headers(lines.map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1).trim()]));
}

async function* pieces(reader, timeout = 0) {
    for (;;) {
        const { done, value } = await (timeout ? within(timeout, reader.read()) : reader.read());
        if (done) return;
        yield value;
    }
}

/** The milliseconds without a byte that make a connection dead; 0 if the server doesn't say how often it pings. */
function longestSilence(headers) {
    const seconds = Number(headers.get("ping-interval"));
    return seconds > 0 ? 2_000 * seconds + 5_000 : 0;
}

/** Rejects after some time. It passes in two halves: what has arrived while the page was suspended comes first. */
function within(milliseconds, promise) {
    let timer;
    const late = new Promise((_, reject) => {
        const wait = (then) => { timer = setTimeout(then, Math.min(milliseconds, MAX_TIMER) / 2); };
        const message = `nothing has arrived for ${milliseconds / 1_000} s`;
        wait(() => wait(() => reject(new StreamError("network", message))));
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Reads on: the stream is complete, and nobody needs to know how its connection ends. */
async function skipRest(reader) {
    try {
        while (!(await reader.read()).done);
    } catch {}
}

async function wholeText(reader) {
    let text = "";
    for await (const piece of pieces(reader)) text += piece;
    return text;
}

function httpError(response, body) {
    const data = parsed(body);
    const reason = typeof data?.detail === "string" ? data.detail : response.statusText;
    return new StreamError("http", `${response.status} ${reason}`.trim(), { response, body, data, detail: data?.detail });
}

function serverError(text, response) {
    const data = parsed(text);
    const { status, message = text, detail, log, details } = isPlain(data) ? data : {};
    return new StreamError("server", message, { response, status, body: text, data, detail, log, details });
}

/** The parsed value if the text is JSON, otherwise the text. */
function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

/** Header values are bytes, written as characters up to U+00FF. The id is sent as UTF-8, as EventSource does. */
function asBytes(text) {
    return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function isPlain(value) {
    if (typeof value !== "object" || value === null) return false;
    return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** Resolves when the time has passed and the browser is online, or when the signal aborts. */
function sleep(milliseconds, signal) {
    return new Promise((resolve) => {
        const end = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", end);
            globalThis.removeEventListener?.("online", end);
            resolve();
        };
        const due = () => (globalThis.navigator?.onLine === false ? addEventListener("online", end) : end());
        const timer = setTimeout(due, milliseconds);
        if (signal.aborted) end();
        else signal.addEventListener("abort", end);
    });
}
