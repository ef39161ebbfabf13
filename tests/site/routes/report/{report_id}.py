from services import draw_soundings, write_abstract

report_id: int


async def stream():
    yield t"""
    <html>
    <head><title>Inspection {report_id}</title></head>
    <body>
        <h2>Inspection {report_id}</h2>
    """

    abstract = await write_abstract(report_id)
    yield t"""
    <section id="abstract">
        <h3>Abstract</h3>
        <p>{abstract}</p>
    </section>
    """

    soundings = await draw_soundings(report_id)
    yield t"""
    <section id="soundings">
        <h3>Soundings</h3>
        <p>{soundings}</p>
    </section>
    """

    yield t"""
    </body>
    </html>
    """
