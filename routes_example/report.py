"""A slow page that appears at once: each section is sent as soon as it has been computed."""

from collections.abc import AsyncIterator
from string.templatelib import Template

from routes_example import _harbour as harbour
from routes_example._base import Footer, Head, Header, Idea
from routes_example._charts import Bar
from routes_example._made import Made
from routes_example._sections import BY_URL


async def stream() -> AsyncIterator[Template]:
    yield t"""
        <!doctype html>
        <html lang="en">
        <head><{Head} title="Numbers" /></head>
        <body>
          <{Header} here="/report" />
          <main id="content" class="report">
            {Idea(BY_URL["/report"])}
            <h1>The harbour in numbers</h1>
            <p class="lead">Counted while you read.</p>
    """

    piers = await harbour.occupancy()
    yield t"""
        <section id="occupancy">
          <h2>Berths taken</h2>
          <table>{[Share(f"Pier {pier}", taken, total, f"{taken} of {total}") for pier, taken, total in piers]}</table>
        </section>
    """

    ports = await harbour.home_ports()
    most = max(boats for _, boats in ports)
    yield t"""
        <section id="ports">
          <h2>Where they come from</h2>
          <table>{[Share(port, boats, most, boats) for port, boats in ports]}</table>
        </section>
    """

    boats = await harbour.income()
    yield t"""
        <section id="income">
          <h2>What they pay</h2>
          <table>
            <tbody>{[Fee(boat) for boat in boats]}</tbody>
            <tfoot><tr><th>All</th><td></td><td class="number">{sum(boat.fee for boat in boats):.2f} €</td></tr></tfoot>
          </table>
        </section>
    """

    yield t"</main><{Footer} /><{Made} file={__file__} /></body></html>"


def Share(name: str, value: float, most: float, note: object) -> Template:
    return t"""
        <tr><th>{name}</th><td><{Bar} {value} {most} /></td><td class="number">{note}</td></tr>
    """


def Fee(boat: harbour.Boat) -> Template:
    return t"""
        <tr>
          <th><a href="/boats/{boat.id}">{boat.name}</a></th>
          <td>{boat.nights} {"night" if boat.nights == 1 else "nights"}</td>
          <td class="number">{boat.fee:.2f} €</td>
        </tr>
    """
