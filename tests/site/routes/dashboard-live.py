from routes._base import Page

t"""
<{Page} title="Instruments">
    <h2>Instruments</h2>

    <div id="gauges"
         hx-ext="sse"
         sse-connect="/stream/metrics"
    >
        <div sse-swap="gauge" hx-swap="innerHTML">
            <!-- the latest readings -->
        </div>

        <div sse-swap="warning" hx-swap="beforeend">
            <!-- warnings pile up -->
        </div>
    </div>
</{Page}>
"""
