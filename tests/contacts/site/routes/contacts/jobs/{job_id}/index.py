"""A job and its progress: live, or by reloading the page where there is no JavaScript."""

from hyperpy import START, Depends, channel

from jobs import Job, requested_job
from routes._base import Layout

job: Job = Depends(requested_job)


async def stream():
    async for message in channel(f"job:{job.id}").subscribe(after=START):
        if not message.gap:
            yield message.event(Progress(Job(**message.data)))


def Progress(job):
    return t"""
    <progress max={job.total} value={job.done} aria-label={job.title}></progress>
    <p role="status">{job.outcome or f"{job.done} of {job.total}"}</p>
    {job.result and t'<p><a class="button" href="/contacts/jobs/{job.id}/result">Download {job.result}</a></p>'}
    {job.is_over and t'<p><a href="/contacts">All contacts</a></p>'}
    """


follows = None if job.is_over else f"/contacts/jobs/{job.id}"
reloads = follows and t'<noscript><meta http-equiv="refresh" content="1"></noscript>'

t"""
<{Layout} title={job.title} head={reloads}>
  <section hx-ext="sse" sse-connect={follows} sse-swap="message" sse-close="close">
    <{Progress} {job} />
  </section>
</{Layout}>
"""
