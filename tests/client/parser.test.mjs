// The format of event streams, in pieces of any size.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser } from "./stream.mjs";

const event = (data, type = "message", id = "") => ({ type, data, id });

// The bytes of a stream, and its events.
const CASES = {
    "a line": ["data: one\n\n", [event("one")]],
    "several lines": ["data: one\ndata: two\ndata\ndata:\n\n", [event("one\ntwo\n\n")]],
    "one space goes": ["data:one\n\ndata:  two \n\n", [event("one"), event(" two ")]],
    "CR": ["data: one\rdata: two\r\rdata: three\r\r", [event("one\ntwo"), event("three")]],
    "CRLF": ["data: one\r\ndata: two\r\n\r\ndata: three\r\n\r\n", [event("one\ntwo"), event("three")]],
    "mixed line ends": ["data: one\r\ndata: two\n\rdata: three\r\r\ndata: four\n\n", [
        event("one\ntwo"), event("three"), event("four"),
    ]],
    "nothing else ends a line": ["data: a\u2028b\u2029c\x85d\x0be\x0cf\n\n", [event("a\u2028b\u2029c\x85d\x0be\x0cf")]],
    "names": ["event: price\ndata: 1\n\ndata: 2\n\nevent\ndata: 3\n\n", [event("1", "price"), event("2"), event("3")]],
    "the last name counts": ["event: a\nevent: b\ndata: 1\n\n", [event("1", "b")]],
    "a name without data": ["event: price\n\ndata: 1\n\n", [event("1")]],
    "empty data": ["data\n\ndata:\n\ndata: \n\n", [event(""), event(""), event("")]],
    "comments": [": ping\n\n:\n\ndata: 1\n: in between\ndata: 2\n\n", [event("1\n2")]],
    "colons": ["data: a: b\n\ndata:: c\n\n", [event("a: b"), event(": c")]],
    "unknown fields": ["dat: 1\nDATA: 2\n data: 3\ndata : 4\n\ndata: 5\n\n", [event("5")]],
    "ids": ["id: 7\ndata: a\n\ndata: b\n\nid: ü€\ndata: c\n\n", [
        event("a", "message", "7"), event("b", "message", "7"), event("c", "message", "ü€"),
    ], { lastEventId: "ü€" }],
    "an id alone": ["id: 7\n\n", [], { lastEventId: "7" }],
    "an empty id": ["id: 7\ndata: a\n\nid\ndata: b\n\n", [event("a", "message", "7"), event("b")], { lastEventId: "" }],
    "an id with NUL": ["id: 7\n\nid: 8\0\ndata: a\n\n", [event("a", "message", "7")], { lastEventId: "7" }],
    "an incomplete block": ["data: a\n\nid: 8\ndata: b\n", [event("a")], { lastEventId: "" }],
    "an incomplete line": ["data: a\n\ndata: b", [event("a")]],
    "retry": ["retry: 3000\n\n", [], { retry: 3000 }],
    "retry beside others": ["event: x\nretry: 10\ndata: 1\n\n", [event("1", "x")], { retry: 10 }],
    "no retry": ["retry: 1e3\nretry: -1\nretry: 1.5\nretry\nretry:  7\nretry: ٣\n\n", [], { retry: undefined }],
    "UTF-8": ["data: é€😀\n\n", [event("é€😀")]],
    "a byte order mark": ["\ufeffdata: a\n\n", [event("a")]],
    "only the first": ["\ufeff\ufeffdata: a\n\ndata: \ufeffb\n\n", [event("\ufeffb")]],
    "one that comes late": ["data: a\n\n\ufeffdata: b\n\n", [event("a")]],
    "nothing": ["", []],
};

/** Bytes as a browser reads them, piece by piece. */
function read(pieces, parser = new EventParser()) {
    const decoder = new TextDecoder();
    return { parser, events: pieces.flatMap((piece) => parser.push(decoder.decode(piece, { stream: true }))) };
}

for (const [name, [text, events, known = {}]] of Object.entries(CASES)) {
    test(name, () => {
        const bytes = new TextEncoder().encode(text);
        const singles = Array.from(bytes, (byte) => Uint8Array.of(byte));
        const pairs = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
        for (const pieces of [[bytes], singles, singles.flatMap((byte) => [new Uint8Array(), byte]), ...pairs]) {
            const found = read(pieces);
            assert.deepEqual(found.events, events);
            for (const [field, value] of Object.entries(known)) assert.equal(found.parser[field], value, field);
        }
    });
}

test("a CR completes an event at once", () => {
    const parser = new EventParser();
    assert.deepEqual(parser.push("data: a\r\r"), [event("a")]);
    assert.deepEqual(parser.push("\ndata: b\r"), []);
    assert.deepEqual(parser.push("\n\r"), [event("b")]);
});

test("the id of the previous connection is kept", () => {
    const { parser, events } = read([new TextEncoder().encode("data: a\n\n")], new EventParser("7"));
    assert.deepEqual(events, [event("a", "message", "7")]);
    assert.equal(parser.lastEventId, "7");
});
