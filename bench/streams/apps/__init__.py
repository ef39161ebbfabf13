"""The peers' applications.

`/streams/NAME` streams a scenario as events, `/parts/NAME` as a page in parts. `/numbers?n=9`, `/idle` and
`/subscribed` are for measurements. Paths below `/control` bypass the framework.
"""
