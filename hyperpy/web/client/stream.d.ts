/** What can be sent: plain objects and arrays leave as JSON. */
export type StreamBody = string | Blob | BufferSource | FormData | URLSearchParams | object | null;

export interface ReconnectOptions {
    /** Milliseconds before the first attempt, unless the server has sent a `retry`. Default: 1000. */
    delay?: number;
    /** The longest wait in milliseconds. Default: 30000. */
    maxDelay?: number;
}

export interface StreamOptions {
    /** Default: GET, or POST if there is a body. */
    method?: string;
    body?: StreamBody;
    headers?: HeadersInit;
    /** Default: "same-origin". */
    credentials?: RequestCredentials;
    /** Aborts the stream, as `abort()` does. */
    signal?: AbortSignal;
    /** Whether to come back when the connection is lost. Default: false. */
    reconnect?: boolean | ReconnectOptions;
    /** Whether data that is JSON arrives as its value. Default: true; false leaves all data as text. */
    json?: boolean;
    /** Whether a stream that ends without `close` or `done` is incomplete. Default: true. */
    expectClose?: boolean;
}

/** One server-sent event. */
export interface StreamEvent {
    /** Its name; "message" if it has none. */
    readonly type: string;
    /** The text of its data, as it was sent. */
    readonly data: string;
    /** The last id that the server has sent; "" if there was none. */
    readonly id: string;
}

/** An answer without its body. */
export interface StreamResponse {
    readonly ok: boolean;
    readonly status: number;
    readonly statusText: string;
    /** Where it came from, after redirects. */
    readonly url: string;
    readonly headers: Headers;
}

export type StreamErrorKind = "aborted" | "content-type" | "http" | "incomplete" | "network" | "server";

export interface StreamErrorFields {
    cause?: unknown;
    response?: StreamResponse | null;
    body?: string;
    data?: unknown;
    log?: string;
    details?: string;
}

/** Why a stream has no proper end. */
export class StreamError extends Error {
    constructor(kind: StreamErrorKind, message: string, fields?: StreamErrorFields);
    readonly name: "StreamError";
    readonly kind: StreamErrorKind;
    /** null if there was no answer. */
    readonly status: number | null;
    readonly response: StreamResponse | null;
    /** The text of an answer of kind "http", the data of `stream-error` for kind "server"; else "". */
    readonly body: string;
    /** The value of `body`, if that is JSON. */
    readonly data: unknown;
    /** Kind "server": the id under which the server's log has the traceback. */
    readonly log: string | undefined;
    /** Kind "server": the traceback, under `hyper dev`. */
    readonly details: string | undefined;
    /** What lies behind it: the reason of an abort, what fetch has thrown. */
    readonly cause?: unknown;
}

/** `Data` is what `progress` gets; `Final` is the final packet. */
export interface Stream<Data = any, Final = any> {
    /** Called when a stream has begun; again after each reconnection. */
    open(callback: (response: StreamResponse) => void): this;
    /** Called for each event but `done`, `close` and `stream-error`. */
    progress(callback: (data: Data, event: StreamEvent) => void): this;
    /** Called with 0 to 1 while the body is sent. */
    uploadProgress(callback: (fraction: number) => void): this;
    /** Called when the connection is lost, with the milliseconds until the next one. */
    reconnecting(callback: (error: StreamError, milliseconds: number) => void): this;
    /** Called once, at the proper end, with the data of the event `done` or of an answer of JSON; else undefined. */
    done(callback: (data: Final) => void): this;
    /** Called once, if there is no proper end. */
    error(callback: (error: StreamError) => void): this;
    /** The same as `error`. */
    fail(callback: (error: StreamError) => void): this;
    /** Sends the request. The promise is of what `done` gets, or is rejected with what `error` gets. */
    start(): Promise<Final>;
    /** Drops the connection. A stream that has not ended fails with an error of the kind "aborted". */
    abort(reason?: unknown): void;
}

/** A stream, which `start()` begins. Throws TypeError for what can't be requested. */
export function createStream<Data = any, Final = any>(url: string | URL, options?: StreamOptions): Stream<Data, Final>;

/** Reads text/event-stream: decoded text without a byte order mark, in pieces of any size. */
export class EventParser {
    constructor(lastEventId?: string);
    /** The id to reconnect with. */
    lastEventId: string;
    /** The last `retry` in milliseconds. */
    retry: number | undefined;
    /** Takes the next piece; returns the events that it completes. */
    push(text: string): StreamEvent[];
}
