"""The peers' applications. `/streams/NAME` is a scene as events, `/parts/NAME` one as a page in parts; `/numbers?n=9`,
`/idle` and `/subscribed` are measured. A prefix `/control` is answered around the framework."""
